/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A balancer is an algorithm that picks one endpoint of a cluster: a file of its own beside this one, a row in
 * balancer.c and nothing else. What it remembers is its state, one for each loop, in memory that the upstream gives
 * and frees; what all workers know of an endpoint (its load, later its latency) is in struct endpoint.
 */
#ifndef UPSTREAM_BALANCE_BALANCER_H
#define UPSTREAM_BALANCE_BALANCER_H

#include "upstream/cluster.h"

#define CHOICE_NONE SIZE_MAX

/* What is to be picked from. Whoever asks embeds it and says by allows which endpoints there are, so that an algorithm
 * that looks at two of a thousand asks about two. */
struct choice {
    const struct cluster *cluster;
    uint64_t hash; /* of what the request is to be pinned by; for algorithms that hash */
    bool (*allows)(const struct choice *choice, size_t index); /* its weight is not 0 then */
};

struct balancer {
    const char *name;
    size_t (*state_size)(const struct cluster *cluster);       /* bytes, for any type; given zeroed to pick */
    void (*start)(void *state, const struct cluster *cluster); /* fills it; NULL: zeroed is good */
    size_t (*pick)(void *state,
                   const struct choice *choice); /* an index, or CHOICE_NONE when none is allowed */
};

extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_least_requests;

const struct balancer *balancer_of(enum balance_kind kind);

#endif
