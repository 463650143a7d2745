/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes compiled for matching: a table per listener. The most specific match wins (the Gateway API's precedence):
 * exact host before the longest wildcard before any; within a host exact path, then the longest prefix, then regex, then
 * any path (the prefix "/" is one); then most conditions; then the earlier in the file. A route whose conditions don't
 * hold is passed over for the next less specific one, of the next less specific host in the end. Finding costs a few
 * hash lookups: one per label of the host and per segment of the path; conditions and patterns of the routes found so
 * are tried one by one.
 */
#ifndef EXCHANGE_ROUTE_H
#define EXCHANGE_ROUTE_H

#include "base/counters.h"
#include "base/histogram.h"
#include "exchange/match.h"

/* A route on one listener: what a request that matched is counted and served by. */
struct route {
    const struct route_settings *settings; /* NULL: the one of requests that no route matches */
    counter_t requests;                    /* weir_requests_total: a cell for each status */
    counter_t faults;                      /* weir_faults_total: a cell for each fault */
    counter_t duration;                    /* weir_request_duration_seconds */
    counter_t mirrors_dropped; /* weir_mirrors_dropped_total; registered where the route has any */
};

struct route_table;

/* NULL when out of memory. Texts of the settings are referred to. */
struct route_table *route_table_new(void);
void route_table_free(struct route_table *table);

/* Routes are added in the order of the file. False when out of memory, or the pattern isn't valid. */
bool route_table_add(struct route_table *table, const struct route *route);

/* no_route when nothing matches, route_undecided when a pattern gave up before a route was found; route is NULL then. Any
 * thread; nothing is allocated, but for what a thread's first pattern is matched with. */
const struct fault *route_table_find(const struct route_table *table, const struct route_ask *ask,
                                     const struct route **route);

#endif
