/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A balancer is an algorithm that picks one member of a roster: a file of its own beside this one, a row in balancer.c and
 * nothing else. What it prepares once is its plan, which belongs to the roster and is shared by all loops; what it
 * remembers is its state, one for each loop, in memory that the upstream gives and frees; what all workers know of an
 * endpoint (its load, its latency) is in struct endpoint.
 */
#ifndef UPSTREAM_BALANCE_BALANCER_H
#define UPSTREAM_BALANCE_BALANCER_H

#include "upstream/roster.h"

#define CHOICE_NONE SIZE_MAX

/* What is to be picked from. Whoever asks embeds it and says by allows which members there are, so that an algorithm
 * that looks at two of a thousand asks about two. */
struct choice {
    const struct roster *roster;
    uint64_t hash; /* of what the request is pinned by; for algorithms that hash */
    uint64_t now;  /* ms, loop->now */
    bool (*allows)(const struct choice *choice, size_t index); /* its weight is not 0 then */
};

/* See roster_weight. */
static inline uint64_t choice_weight(const struct choice *choice, size_t index)
{
    return roster_weight(choice->roster, index, choice->now);
}

struct balancer {
    const char *name;
    /* Both NULL: it needs no plan. False when out of memory. */
    bool (*plan)(struct roster *roster);
    void (*forget)(struct roster *roster);             /* frees the plan, which may be NULL */
    size_t (*state_size)(const struct roster *roster); /* bytes, for any type; given zeroed to pick */
    /* Fills it; NULL: zeroed is good. number is the loop's: what loops do in turns they begin at different places. */
    void (*start)(void *state, const struct roster *roster, unsigned number);
    size_t (*pick)(void *state,
                   const struct choice *choice); /* an index, or CHOICE_NONE when none is allowed */
};

extern const struct balancer balancer_round_robin;
extern const struct balancer balancer_least_requests;
extern const struct balancer balancer_least_time;
extern const struct balancer balancer_p2c;
extern const struct balancer balancer_random;
extern const struct balancer balancer_ring_hash;
extern const struct balancer balancer_maglev;

const struct balancer *balancer_of(enum balance_kind kind);

#endif
