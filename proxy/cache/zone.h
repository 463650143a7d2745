/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of the config: a store with a name, which reloads keep. Process-wide by name, counted references. */
#ifndef CACHE_ZONE_H
#define CACHE_ZONE_H

#include "base/metrics.h"
#include "base/outcomes.h"
#include "cache/store.h"

struct cache_zone_settings {
    struct text name;
    struct cache_store_settings store;
};

struct cache_zone {
    unsigned refs; /* under the registry's lock */
    char *name;
    struct cache_store *store;
    char *labels;       /* of metrics */
    counter_t requests; /* a cell for each enum cache_outcome */
    struct metrics_source bytes, objects, evictions;
    struct cache_zone *next;
};

/* The one of that name, made when it is new; these bounds are in force from now on. One reference, the caller's; NULL
 * when out of memory. Control thread. */
struct cache_zone *cache_zone_open(const struct cache_zone_settings *settings);

/* NULL is fine. Any thread. */
void cache_zone_unref(struct cache_zone *zone);

#endif
