/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint is one address of an upstream, known process-wide by upstream name and endpoint name, so that what is
 * learnt about it (load, later health) outlives a reload. Counted references; the atomics may be used from any thread.
 */
#ifndef UPSTREAM_ENDPOINT_H
#define UPSTREAM_ENDPOINT_H

#include <stdatomic.h>

#include "base/counters.h"
#include "base/metrics.h"
#include "upstream/settings.h"

struct endpoint {
    uint32_t magic;
    unsigned refs; /* under the registry's lock */
    struct address address;
    struct text name;        /* label; owned */
    struct text cluster;     /* label; owned */
    _Atomic uint32_t active; /* requests under way in all workers; relaxed: a hint for balancing */
    /* metrics */
    counter_t requests; /* by code_cell() */
    counter_t duration; /* a histogram */
    counter_t connections_active;
    counter_t connections_idle;
    struct metrics_source up;
    struct list_node node; /* in the registry */
    char *labels;          /* upstream="...",endpoint="..."; owned */
};

#define ENDPOINT_MAGIC 0x656e6470u

/* The one of that cluster and name, made when it is new; one reference, the caller's. NULL when out of memory. Any
 * thread, takes a lock. One that is in use keeps its address: a name is an address as it is written. */
struct endpoint *endpoint_get(struct text cluster, const struct endpoint_settings *settings);

/* Any thread, each takes a lock: once per snapshot and loop, not per request. */
void endpoint_ref(struct endpoint *endpoint);
void endpoint_unref(struct endpoint *endpoint);

#endif
