/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane is what one loop serves with: its views of snapshots, its fronts, the memory of its exchanges, its access log
 * buffer. One per worker and one for the control thread (the admin API).
 *
 * A view is one snapshot on one lane, with the upstreams of that lane. New exchanges begin with the lane's view; one that
 * a reload has replaced lives until the last exchange that began with it ends. Upstreams go on from view to view.
 */
#ifndef EXCHANGE_LANE_H
#define EXCHANGE_LANE_H

#include "exchange/snapshot.h"
#include "net/loop.h"
#include "upstream/upstream.h"

struct detours;
struct trail;

struct view {
    struct snapshot *snapshot;   /* a reference */
    struct upstream **upstreams; /* of snapshot->settings->cluster_count, same order */
    struct detours *detours;     /* permanent redirects that were followed; NULL: none yet */
    size_t users;                /* exchanges and fronts; and one while it is the lane's */
};

struct lane {
    uint32_t magic;
    struct loop *loop;
    struct view *view;  /* the current one */
    struct list fronts; /* also those that drain, by front.node */
    struct slab exchanges;
    struct list running;  /* exchanges, by exchange.node */
    struct list mirrors;  /* by mirror.node */
    size_t running_count; /* of both: what a drain waits for */
    size_t mirror_count;
    struct trail *trail; /* access log; NULL: off */
    uint64_t random;     /* state of the generator */
    struct {
        uint64_t second; /* of the wall clock */
        char text[32];   /* IMF-fixdate */
        size_t len;
    } date;
};

#define LANE_MAGIC 0x6c616e65u

/* Takes a reference to the snapshot. False when out of memory. */
bool lane_init(struct lane *lane, struct loop *loop, struct snapshot *snapshot);

/* No exchange may run and no front may be left. */
void lane_clear(struct lane *lane);

/* Goes on with another snapshot: takes a reference. Its fronts are to be renewed next (fronts.h). False when out of
 * memory: then it stays with the one it has. */
bool lane_adopt(struct lane *lane, struct snapshot *snapshot);

/* Takes over the rosters that have changed. */
void lane_refresh(struct lane *lane);

static inline struct view *view_ref(struct view *view)
{
    view->users++;
    return view;
}

void view_unref(struct view *view);

/* 64 bits that nothing secret may depend on: ids of requests, shares of traffic. */
uint64_t lane_random(struct lane *lane);

/* Now as IMF-fixdate (RFC 9110 section 5.6.7); points into the lane, good for this turn. */
struct text lane_date(struct lane *lane);

#endif
