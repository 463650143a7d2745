/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane is what one loop serves with: its reference to the snapshot, its view of each upstream, the memory of its
 * exchanges, its access log buffer. One per worker and one for the control thread (the admin API).
 */
#ifndef EXCHANGE_LANE_H
#define EXCHANGE_LANE_H

#include "exchange/snapshot.h"
#include "net/loop.h"
#include "upstream/upstream.h"

struct trail;

struct lane {
    uint32_t magic;
    struct loop *loop;
    struct snapshot *snapshot;
    struct upstream **upstreams; /* of snapshot->cluster_count, same order */
    struct slab exchanges;
    struct list running; /* exchanges, by exchange.node */
    size_t running_count;
    struct trail *trail;  /* access log; NULL: off */
    uint64_t request_ids; /* state of the generator */
    struct {
        uint64_t second; /* of the wall clock */
        char text[32];   /* IMF-fixdate */
        size_t len;
    } date;
};

#define LANE_MAGIC 0x6c616e65u

/* Takes a reference to the snapshot. False when out of memory. */
bool lane_init(struct lane *lane, struct loop *loop, struct snapshot *snapshot);

/* No exchange may run. */
void lane_clear(struct lane *lane);

/* Now as IMF-fixdate (RFC 9110 section 5.6.7); points into the lane, good for this turn. */
struct text lane_date(struct lane *lane);

#endif
