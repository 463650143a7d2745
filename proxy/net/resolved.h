/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name resolves to: a list of endpoints, sorted by address and without duplicates, and how long it holds. Filled
 * by net/resolver.h, kept by whoever asked. Owns its list. Not shared between threads.
 */
#ifndef NET_RESOLVED_H
#define NET_RESOLVED_H

#include "net/address.h"

enum { RESOLVED_MAX = 1024 };

struct resolved_endpoint {
    struct address address;
    uint16_t priority; /* RFC 2782: the lowest first; 0 without SRV */
    uint16_t weight;   /* at least 1 */
    bool backup;       /* others have a lower priority */
};

/* Zeroed memory is one without endpoints. */
struct resolved {
    struct resolved_endpoint *list;
    size_t count, room;
    uint32_t ttl; /* s, the smallest of all records */
    const char
        *failure;  /* a phrase (lives forever): it is incomplete, or empty; NULL: it is all that there is */
    bool lacks_v4; /* with failure: these could not be asked for */
    bool lacks_v6;
};

/* False when out of memory. What is beyond RESOLVED_MAX is left out. */
bool resolved_add(struct resolved *resolved, const struct resolved_endpoint *endpoint);

/* Sorts, joins duplicates (the lower priority wins), and says who is a backup. Once all are added. */
void resolved_settle(struct resolved *resolved);

/* Of two that are settled: the same endpoints, with the same weights and the same backups. */
bool resolved_equal(const struct resolved *a, const struct resolved *b);
bool resolved_has(const struct resolved *resolved, const struct address *address);

/* Frees the list; it is empty afterwards. */
void resolved_clear(struct resolved *resolved);

#endif
