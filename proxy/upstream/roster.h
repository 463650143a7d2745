/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A roster is who belongs to a cluster, and how it is to be used, at one moment: members, settings, and what the balancer
 * prepares of them. Immutable; a new one is made when the config, discovery or the operator changes something, and each
 * loop takes it over when it is told. Counted references. Health is not in it: that changes often and is the endpoint's.
 */
#ifndef UPSTREAM_ROSTER_H
#define UPSTREAM_ROSTER_H

#include <stdatomic.h>

#include "base/arena.h"
#include "upstream/endpoint.h"

struct balancer; /* upstream/balance/balancer.h: the functions of an algorithm */

struct member {
    struct endpoint *endpoint; /* a reference */
    unsigned weight;           /* 0: no new requests */
    bool backup;               /* used when no other is fit */
};

struct roster {
    uint32_t magic;
    atomic_uint refs;
    struct arena arena;               /* of what settings and members point to */
    struct cluster_settings settings; /* a copy; its endpoints are not kept: members say more */
    struct member *members;
    size_t count;
    bool even; /* every member has the same weight, for good: none starts slowly */
    const struct balancer *balancer;
    void *plan; /* the balancer's, for all loops; NULL: it needs none */
};

#define ROSTER_MAGIC 0x726f7374u

/* One reference, the caller's. NULL when out of memory. Control thread: making a plan may take milliseconds. */
struct roster *roster_new(const struct cluster_settings *settings);

/* Any thread. */
void roster_ref(struct roster *roster);
void roster_unref(struct roster *roster);

/* The member's share at a time (ms, loop->now), in 256ths of its weight: less than all of it while it starts slowly. At
 * least 1 unless the weight is 0. */
uint64_t roster_weight(const struct roster *roster, size_t index, uint64_t now);

/* The index of the member with that endpoint id (sticky cookies), or SIZE_MAX. */
size_t roster_find(const struct roster *roster, uint64_t id);

#endif
