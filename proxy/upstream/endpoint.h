/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint is one address of an upstream, known process-wide by upstream name and endpoint name, so that what is
 * learnt about it (load, latency, health) outlives a reload. Counted references; the atomics may be used from any thread,
 * relaxed: each is a hint of its own, and whoever reads an older value picks as well as a moment ago.
 */
#ifndef UPSTREAM_ENDPOINT_H
#define UPSTREAM_ENDPOINT_H

#include <stdatomic.h>

#include "base/counters.h"
#include "base/metrics.h"
#include "upstream/settings.h"

/* Why an endpoint gets no requests, as long as one of these is set. */
enum endpoint_standing {
    ENDPOINT_SICK = 1 << 0,  /* its health checks fail */
    ENDPOINT_DRAIN = 1 << 1, /* the operator's: none but those that are pinned to it */
    ENDPOINT_DOWN = 1 << 2   /* the operator's: none */
};

struct endpoint {
    uint32_t magic;
    unsigned refs; /* under the registry's lock */
    struct address address;
    struct text name;               /* label; owned */
    struct text cluster;            /* label; owned */
    uint64_t id;                    /* what a sticky cookie names it by: the same in every replica */
    _Atomic uint32_t active;        /* requests under way in all workers */
    _Atomic uint32_t latency_at;    /* s, of the clock behind loop->now: when latency moved last */
    _Atomic uint32_t latency;       /* us, of answers; moves an eighth of the way at each; 0: none came yet */
    _Atomic unsigned standing;      /* enum endpoint_standing */
    _Atomic uint64_t ejected_until; /* ms, as loop->now; 0: never was */
    atomic_bool was_ejected;        /* and no good answer came since */
    _Atomic uint64_t resting_until; /* ms: it refused a connection, others are tried first */
    _Atomic uint64_t fit_since;     /* ms: when it came, or came back; 0: at the start */
    _Atomic unsigned weight;        /* that of the roster in force; 0: no new requests, or it left */
    _Atomic uint32_t failures;      /* in a row (outlier.c) */
    _Atomic uint64_t failing_since; /* ms: the first of them */
    /* metrics */
    counter_t requests; /* by code_cell() */
    counter_t duration; /* a histogram */
    counter_t connections_active;
    counter_t connections_idle;
    counter_t ejections;
    struct metrics_source up;
    struct list_node node; /* in the registry */
    char *labels;          /* upstream="...",endpoint="..."; owned */
};

#define ENDPOINT_MAGIC 0x656e6470u

/* The one of that cluster and name, made when it is new; one reference, the caller's. NULL when out of memory. Any
 * thread, takes a lock. One that is in use keeps its address: a name is an address as it is written. */
struct endpoint *endpoint_get(struct text cluster, const struct endpoint_settings *settings);

/* Whether it may get requests: neither sick, nor taken out, nor ejected. now in ms, as loop->now. */
static inline bool endpoint_is_fit(const struct endpoint *endpoint, uint64_t now)
{
    return atomic_load_explicit(&endpoint->standing, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&endpoint->ejected_until, memory_order_relaxed) <= now;
}

/* The same, and it has a weight: what those outside are told. */
static inline bool endpoint_is_up(const struct endpoint *endpoint, uint64_t now)
{
    return atomic_load_explicit(&endpoint->weight, memory_order_relaxed) > 0 &&
           endpoint_is_fit(endpoint, now);
}

/* It was reached: it needs no rest. */
void endpoint_wake(struct endpoint *endpoint);

/* An answer's head came after this time, us; noted at now (ms, loop->now). */
void endpoint_time(struct endpoint *endpoint, uint64_t duration, uint64_t now);

/* The latency in us, half of it for each 10 s in which no answer came: so that one that was slow, and therefore isn't
 * asked, is asked again. 0: not known. */
uint32_t endpoint_latency(const struct endpoint *endpoint, uint64_t now);

/* Any thread, each takes a lock: once per snapshot and loop, not per request. */
void endpoint_ref(struct endpoint *endpoint);
void endpoint_unref(struct endpoint *endpoint);

#endif
