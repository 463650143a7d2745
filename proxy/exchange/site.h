/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes of one host, by path: exact, then the longest prefix, then regex, then any. Those of the same path stand in
 * a row, most conditions first, then in the order of the file. Embedded in exchange/route.c's table, whose arena has the
 * memory of all but the maps. Built by one thread, then read by any.
 */
#ifndef EXCHANGE_SITE_H
#define EXCHANGE_SITE_H

#include "base/map.h"
#include "exchange/match.h"
#include "exchange/regex.h"

struct route;
struct candidate;

struct candidates {
    struct candidate *first;
    struct candidate *last;
};

struct site {
    struct map exact;    /* path: struct candidates */
    struct map prefixes; /* path without trailing slash: struct candidates */
    size_t deepest;      /* segments of the longest prefix */
    struct candidates regexes;
    struct candidates any;
};

void site_init(struct site *site);
void site_clear(struct site *site);

/* Routes are added in the order of the file; regex is the route's of PATH_REGEX, NULL for others. False when out of
 * memory. */
bool site_add(struct site *site, const struct route *route, const struct regex *regex, struct arena *arena);

/* The route is NULL when none fits. One whose conditions don't hold is passed over for the next less specific one. The
 * fault: a pattern gave up, and nobody knows whether its route is the one. */
const struct fault *site_find(const struct site *site, const struct route_ask *ask,
                              const struct route **route);

#endif
