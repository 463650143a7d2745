/* SPDX-License-Identifier: Apache-2.0 */
/* One shard of a store: its table, its queues, its flights. Only store*.c and flight.c use it, and hold the lock. */
#ifndef CACHE_SHARD_H
#define CACHE_SHARD_H

#include <pthread.h>

#include "cache/fetch.h"
#include "cache/object.h"

enum { CACHE_SHARDS_MAX = 16, CACHE_VARIANTS_MAX = 32, CACHE_FLIGHT_LANES = 64 };

struct queue {
    struct list list; /* oldest first */
    size_t bytes;
};

struct shard {
    pthread_mutex_t lock;
    struct cache_store *store;
    struct cache_object **buckets;
    uint32_t *ghosts; /* of each key that left the small queue, for as long as no other takes its place */
    uint32_t *passes; /* of each key whose answer could not be stored, in the same way, and when */
    size_t mask;      /* of all three */
    struct queue small;
    struct queue main;
    _Atomic size_t held; /* bytes of what is in neither any more, and not freed yet (held.h) */
    size_t limit;        /* bytes of all */
    size_t count;
    uint64_t evicted;
    uint64_t purges;
    struct list flights[CACHE_FLIGHT_LANES]; /* by hash */
    struct list fetches[CACHE_FLIGHT_LANES];
};

struct cache_store {
    _Atomic unsigned refs;
    _Atomic size_t max_object;
    size_t count; /* of shards: a power of two */
    struct shard shards[CACHE_SHARDS_MAX];
};

/* Of a key in ghosts and passes; 0 is an empty place. */
static inline uint32_t shard_print(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

/* Of a store, by the key's hash. */
struct shard *cache_store_shard(struct cache_store *store, uint64_t hash);

bool shard_init(struct shard *shard, struct cache_store *store, size_t limit);
void shard_clear(struct shard *shard);

/* Larger tables, where that asks for them; nothing is thrown out yet. */
void shard_set_limit(struct shard *shard, size_t limit);

/* The newest with this key, and the one before it. */
struct cache_object *shard_first(struct shard *shard, struct text key, uint64_t hash);
struct cache_object *shard_next(struct cache_object *object);

/* Whether what is fetched for this key goes past the cache, as far as is known; forgotten after a minute or two. */
bool shard_passes(const struct shard *shard, uint64_t hash);
bool shard_was_too_large(const struct shard *shard, uint64_t hash);

enum shard_note { SHARD_STORED, SHARD_PASSED, SHARD_TOO_LARGE };
void shard_note(struct shard *shard, uint64_t hash, enum shard_note note);

/* Where those lie that fetch something for this key (fetch.h). forget: all who do are overtaken. */
struct list *shard_fetches(struct shard *shard, uint64_t hash);
void shard_forget(struct shard *shard, uint64_t hash);
bool shard_has_overtaken(const struct shard *shard, const struct cache_fetch *fetch);

/* It was asked for. */
void shard_use(struct cache_object *object);

/* The shard has the reference from link to unlink. take_out: of one that may be busy, *gone is a list by next for shard_free
 * once the lock is given back. */
void shard_link(struct shard *shard, struct cache_object *object);
void shard_unlink(struct shard *shard, struct cache_object *object);
void shard_take_out(struct shard *shard, struct cache_object *object, struct cache_object **gone);
void shard_resize(struct shard *shard, struct cache_object *object, size_t size);

/* Where it waits to be thrown out; link and unlink do both. */
void shard_queue(struct shard *shard, struct cache_object *object);
void shard_dequeue(struct shard *shard, struct cache_object *object);

/* Takes objects out until the rest is within the limit, or the others are busy: a list for shard_free. */
void shard_evict(struct shard *shard, struct cache_object **gone);
size_t shard_bytes(struct shard *shard);
bool shard_is_full(struct shard *shard); /* it is beyond its limit */
void shard_free(struct cache_object *list);

#endif
