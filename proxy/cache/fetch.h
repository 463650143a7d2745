/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backend is being asked for something to store: what is purged meanwhile, or whose key is forgotten, stays away. All
 * threads, under the lock of the key's shard; each fetch belongs to one of them.
 */
#ifndef CACHE_FETCH_H
#define CACHE_FETCH_H

#include <stdint.h>

#include "base/list.h"

struct cache_store;

/* Embedded in whoever asks; zeroed memory is one that isn't under way. */
struct cache_fetch {
    struct list_node node; /* in its shard */
    bool under_way;        /* for its own thread; the node is also its neighbours' */
    uint64_t hash;
    uint64_t purges; /* of the shard, so far */
    bool forgotten;
};

/* Before the backend is asked, or asked anew. */
void cache_fetch_begin(struct cache_store *store, struct cache_fetch *fetch, uint64_t hash);

/* False for one that isn't under way. */
bool cache_fetch_is_overtaken(struct cache_store *store, const struct cache_fetch *fetch);

/* Harmless for one that isn't under way. */
void cache_fetch_end(struct cache_store *store, struct cache_fetch *fetch);

#endif
