/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a stored answer may be used (RFC 9111 section 4.2, RFC 5861). Times are seconds since the epoch, spans are
 * seconds. All threads; nothing here is kept elsewhere.
 */
#ifndef CACHE_FRESHNESS_H
#define CACHE_FRESHNESS_H

#include "cache/control.h"
#include "http/head.h"

/* When the answer's head came, and how long after the request had gone out. */
struct cache_moment {
    int64_t answered;
    int64_t delay;
};

struct freshness {
    int64_t answered;               /* the moment from which age is counted */
    int64_t initial_age;            /* at that moment */
    int64_t lifetime;               /* from explicit words, from the route's ttl, or by heuristics */
    int64_t stale_while_revalidate; /* behind the lifetime; 0: not at all */
    int64_t stale_if_error;
    bool no_cache;          /* must be asked about each time */
    bool must_revalidate;   /* may not be used stale, whatever else is said */
    bool explicit_lifetime; /* the answer itself said how long */
};

/* What the route adds. */
struct freshness_defaults {
    int64_t ttl;            /* for answers that say nothing; 0: heuristics (RFC 9111 section 4.2.2) */
    int64_t stale_if_error; /* for answers that don't say it but were good for a time; 0: not at all */
};

/* control: what was read of the response, targeted or not (targeted: Expires doesn't count). */
void freshness_read(struct freshness *freshness, const struct head *response,
                    const struct cache_control *control, bool targeted, const struct cache_moment *moment,
                    const struct freshness_defaults *defaults);

/* Of the answer now, at least 0: what the Age field says. */
int64_t freshness_age(const struct freshness *freshness, int64_t now);

enum freshness_verdict {
    FRESHNESS_FRESH,
    FRESHNESS_STALE_USABLE, /* is served, and asked about behind the client's back */
    FRESHNESS_STALE         /* is asked about first */
};

/* request: what the client said (RFC 9111 section 5.2.1). */
enum freshness_verdict freshness_judge(const struct freshness *freshness, const struct cache_control *request,
                                       int64_t now);

/* Whether it may be served although the backend failed. */
bool freshness_allows_on_error(const struct freshness *freshness, const struct cache_control *request,
                               int64_t now);

/* Statuses whose answers may be stored without a word about caching (RFC 9110 section 15.1). */
bool status_is_heuristic(unsigned status);

#endif
