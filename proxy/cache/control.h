/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message says about caches: Cache-Control (RFC 9111 section 5.2, RFC 5861, RFC 8246), Pragma where there is none,
 * and CDN-Cache-Control, which speaks to caches like this one alone (RFC 9213). All threads.
 *
 * A directive that comes twice counts with its stricter value; one whose number can't be read counts as 0, so that what
 * was meant to limit does.
 */
#ifndef CACHE_CONTROL_H
#define CACHE_CONTROL_H

#include "http/fields.h"

enum cache_directive {
    CACHE_NO_STORE = 1 << 0,
    CACHE_NO_CACHE = 1 << 1, /* with field names too: they are taken for all */
    CACHE_PRIVATE = 1 << 2,
    CACHE_PUBLIC = 1 << 3,
    CACHE_MUST_REVALIDATE = 1 << 4,
    CACHE_PROXY_REVALIDATE = 1 << 5,
    CACHE_MUST_UNDERSTAND = 1 << 6,
    CACHE_IMMUTABLE = 1 << 7,
    CACHE_NO_TRANSFORM = 1 << 8,
    CACHE_ONLY_IF_CACHED = 1 << 9,
    CACHE_MAX_STALE_ANY = 1 << 10 /* max-stale without a number */
};

/* Seconds; CACHE_NONE: not there. At most CACHE_SECONDS_MAX (RFC 9111 section 1.2.2). */
#define CACHE_NONE ((int64_t)-1)
#define CACHE_SECONDS_MAX ((int64_t)1 << 31)

struct cache_control {
    unsigned has; /* enum cache_directive */
    bool said;    /* there was any directive */
    int64_t max_age;
    int64_t s_maxage;
    int64_t stale_while_revalidate;
    int64_t stale_if_error;
    int64_t min_fresh; /* requests */
    int64_t max_stale;
};

/* Of a request, or of a response. */
void cache_control_read(struct cache_control *control, const struct fields *fields);

/* False when there is no CDN-Cache-Control that is well formed and not empty: then the other one counts. Where there is
 * one, neither Cache-Control nor Expires do. */
bool cache_control_read_targeted(struct cache_control *control, const struct fields *fields);

#endif
