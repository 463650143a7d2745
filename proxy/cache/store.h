/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One zone of stored answers for all threads: a table in shards, each with its lock, which is held for a lookup or a
 * link and never while something is copied. Bounded in bytes.
 *
 * Eviction is S3-FIFO: what is new stays in a small queue (a tenth of the bytes) and leaves it for the main one only when
 * it was asked for twice; the main queue gives those that were asked for another round. Keys that left the small queue
 * are remembered for a while: when they come again they go to the main queue at once. So a scan passes through the small
 * queue and throws out nothing that is in use.
 */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include "cache/fetch.h"
#include "cache/object.h"

struct cache_store;

struct cache_store_settings {
    size_t memory;     /* bytes of all objects */
    size_t max_object; /* bytes of one */
};

struct cache_store_sizes {
    size_t bytes;
    size_t objects;
    uint64_t evicted;
};

/* One reference; NULL when out of memory. */
struct cache_store *cache_store_new(const struct cache_store_settings *settings);
struct cache_store *cache_store_ref(struct cache_store *store);
void cache_store_unref(struct cache_store *store);

/* Other bounds, in force from the next object on. The parts that it was made of stay as many: one object is at most as large
 * as one of them (cache_store_max_object says). */
void cache_store_resize(struct cache_store *store, const struct cache_store_settings *settings);

size_t cache_store_max_object(struct cache_store *store);

/* Whether what came for this key a minute or two ago turned out too large to be stored. */
bool cache_store_was_too_large(struct cache_store *store, uint64_t hash);

/* Keys are hashed with a seed that clients don't know. */
uint64_t cache_store_hash(struct text key);

/* The newest stored answer for the key that fits what the request says in Vary's fields; the caller owns a reference.
 * NULL: there is none. scratch: memory for the comparison. */
struct cache_object *cache_store_find(struct cache_store *store, struct text key, uint64_t hash,
                                      const struct fields *request, struct arena *scratch);

/* The variant (policy_variant) that this request wants, as the newest stored answer for the key says, whether there is one
 * of it or not. TEXT_NONE: nothing is stored for the key, or memory ran out. */
struct text cache_store_variant(struct cache_store *store, struct text key, uint64_t hash,
                                const struct fields *request, struct arena *arena);

/* Puts it in place of one with the same key and variant; size is bytes that it counts for. False when it is too large,
 * when the fetch that it comes from (NULL: it comes from none) was overtaken, or when there is no room because what is
 * stored is being read or filled: such objects are never thrown out, since their memory would stay. */
bool cache_store_put(struct cache_store *store, struct cache_object *object, size_t size,
                     const struct cache_fetch *fetch);

/* Puts back what gave way to an answer of that fetch which broke; not when the fetch was overtaken, or when there is another
 * one by now. */
void cache_store_put_back(struct cache_store *store, struct cache_object *object, size_t size,
                          const struct cache_fetch *fetch);

/* It counts for so many bytes now. False when there is no room for that: it has been taken out. What was taken out counts as
 * well, as long as somebody reads or fills it (held.h). */
bool cache_store_grow(struct cache_store *store, struct cache_object *object, size_t size);

/* Takes this one out, if it is still there. */
void cache_store_drop(struct cache_store *store, struct cache_object *object);

/* Takes out all variants of a key; how many. */
size_t cache_store_forget(struct cache_store *store, struct text key, uint64_t hash);

/* Takes out, or with soft marks as stale, each that matches; how many. Holds one shard's lock at a time. */
size_t cache_store_purge(struct cache_store *store,
                         bool (*matches)(const struct cache_object *object, const void *what),
                         const void *what, bool soft);

struct cache_store_sizes cache_store_sizes(struct cache_store *store);

#endif
