/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot is a configuration made ready to serve: routes compiled into tables, clusters with their endpoints,
 * counters registered. Immutable; one atomic reference per lane (not per request).
 */
#ifndef EXCHANGE_SNAPSHOT_H
#define EXCHANGE_SNAPSHOT_H

#include <stdatomic.h>

#include "base/counters.h"
#include "exchange/route.h"
#include "exchange/settings.h"
#include "upstream/cluster.h"

/* By which handshakes are counted. */
enum handshake_version { HANDSHAKE_NONE, HANDSHAKE_12, HANDSHAKE_13, HANDSHAKE_VERSIONS };

/* A listener as it is served. */
struct front_plan {
    const struct front_settings *settings;
    struct text scheme; /* \"http\" or \"https\" */
    struct route_table *routes;
    struct route unmatched; /* what counts requests that no route matches */
    counter_t connections;  /* gauge */
    counter_t accepted;
    counter_t handshakes[HANDSHAKE_VERSIONS]; /* a cell for each enum tls_outcome */
    counter_t http2_errors;                   /* a cell for each enum http2_error */
    counter_t received;                       /* bytes of bodies */
    counter_t sent;
    atomic_uint open; /* connections in all workers, against settings->connections; relaxed */
};

struct snapshot {
    uint32_t magic;
    atomic_uint refs;
    const struct snapshot_settings *settings;
    struct front_plan *fronts; /* settings->front_count */
    struct route *routes;      /* one for each route and front it belongs to */
    size_t route_count;
    struct cluster **clusters; /* settings->cluster_count */
    struct cache_zone **zones; /* settings->zone_count */
    uint64_t generation;
    void (*release)(void *owner); /* frees the settings when the last reference goes; may be NULL */
    void *owner;
};

#define SNAPSHOT_MAGIC 0x736e6170u

/* One reference, the caller's. NULL when out of memory. release(owner) is called at the end, from the thread that drops
 * the last reference. */
struct snapshot *snapshot_new(const struct snapshot_settings *settings, void (*release)(void *owner),
                              void *owner);
void snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);

#endif
