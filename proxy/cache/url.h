/* SPDX-License-Identifier: Apache-2.0 */
/* URLs by which stored answers are purged. A view of a text; no state. */
#ifndef CACHE_URL_H
#define CACHE_URL_H

#include "base/text.h"

enum cache_url_part {
    CACHE_URL_SCHEME,
    CACHE_URL_HOST, /* with the port, where there is one */
    CACHE_URL_PATH,
    CACHE_URL_QUERY, /* with its question mark; empty: none */
    CACHE_URL_PARTS
};

/* Bits of the parts that tell stored answers apart; what is in no key matches any. */
typedef unsigned cache_url_keyed;

struct cache_url {
    struct text parts[CACHE_URL_PARTS];
};

/* False when it doesn't begin with a scheme and "://". */
bool cache_url_read(struct cache_url *url, struct text text);

bool cache_url_equal(const struct cache_url *url, const struct cache_url *other, cache_url_keyed keyed);

/* Whether url begins with prefix, which may end anywhere behind its "://". */
bool cache_url_starts(const struct cache_url *url, const struct cache_url *prefix, cache_url_keyed keyed);

#endif
