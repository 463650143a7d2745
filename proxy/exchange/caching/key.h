/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests get the same stored answer. No state. */
#ifndef EXCHANGE_CACHING_KEY_H
#define EXCHANGE_CACHING_KEY_H

#include "cache/url.h"
#include "exchange/settings.h"
#include "http/head.h"

/* What keys are made of. */
struct caching_ask {
    const struct route_settings *route;
    struct text scheme;      /* of the listener */
    const struct head *head; /* of the request */
    struct text target;      /* path and query that are asked for: the head's, or where redirects led */
};

/* The parts that the route's settings name, apart by CACHING_KEY_APART, which none of them can hold; the route comes
 * first, since another may go elsewhere. Fields that backends take for their own address come last, if there are any.
 * .at is NULL when out of memory. */
enum { CACHING_KEY_APART = '\n' };
struct text caching_key(const struct caching_ask *ask, struct arena *arena);

/* As clients see it, scheme and host in lower case. */
struct text caching_url(const struct caching_ask *ask, struct arena *arena);

/* What of it is in keys. */
cache_url_keyed caching_keyed(const struct cache_settings *settings);

/* Whether a cache is asked for such requests at all: not when it can't answer them, and not when something in them
 * changes their meaning for some backends and is in no key. */
bool caching_looks_at(const struct head *head);

/* Whether nothing in them can lead a backend to take the request for another. */
bool caching_is_usual(const struct fields *fields);

#endif
