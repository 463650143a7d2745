/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored answer: its head, how long it is good, and its body. Once it is in a store nothing of it changes but what is
 * atomic; what freshens it is a new object with the same body. Counted references, all threads.
 */
#ifndef CACHE_OBJECT_H
#define CACHE_OBJECT_H

#include "base/arena.h"
#include "cache/body.h"
#include "cache/freshness.h"
#include "cache/url.h"

enum { CACHE_USES_MAX = 3 };

struct cache_object {
    uint32_t magic;
    _Atomic unsigned refs;
    _Atomic unsigned uses;       /* hits since it was looked at last, at most CACHE_USES_MAX: for eviction */
    _Atomic int64_t stale_since; /* s since the epoch, whatever its freshness says; 0: it says it */
    uint64_t hash;               /* of key */
    struct text key;
    struct text url;       /* as clients see it, scheme and host in lower case: for purging */
    cache_url_keyed keyed; /* what of it is in the key */
    struct text variant;   /* policy_variant of the request that brought it */
    bool recodes;          /* the same */
    uint16_t status;
    bool has_length; /* of the body: known before it is whole */
    uint64_t length;
    struct text block;    /* the bytes of all names and values */
    struct fields fields; /* end-to-end fields of the answer, and none that weir writes by itself */
    struct freshness freshness;
    struct cache_body *body;
    struct arena arena; /* of the texts and fields */
    /* the store's, under its lock */
    struct list_node node;
    struct cache_object *next; /* in the bucket */
    size_t size;               /* bytes that it counts for; 0: in no store */
    bool in_main;
};

#define CACHE_OBJECT_MAGIC 0x63616f62u

/* One reference; takes over the body's. Texts are to be copied into its arena. NULL when out of memory. */
struct cache_object *cache_object_new(struct text key, uint64_t hash, struct cache_body *body);
struct cache_object *cache_object_ref(struct cache_object *object);
void cache_object_unref(struct cache_object *object);

/* Its memory would stay if it were gone: beside its store somebody has it, reads it, or fills it. */
bool cache_object_is_busy(const struct cache_object *object);

/* Of now: a soft purge ends its lifetime. */
struct freshness cache_object_freshness(const struct cache_object *object);

/* Copies the fields that are kept: without hop-by-hop ones, those that a connection names, Age and Cache-Status. False
 * when out of memory. */
bool cache_object_keep_fields(struct cache_object *object, const struct fields *fields);

#endif
