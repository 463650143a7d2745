/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/store.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/panic.h"
#include "cache/held.h"
#include "cache/policy.h"

enum { OBJECTS_IN_SHARD = 2 };

struct shard *cache_store_shard(struct cache_store *store, uint64_t hash)
{
    return &store->shards[hash >> 32 & (store->count - 1)];
}

/* As many as leave room for several of the largest objects in each. */
static size_t shard_count(const struct cache_store_settings *settings)
{
    size_t count = CACHE_SHARDS_MAX;
    while (count > 1 && settings->memory / count < OBJECTS_IN_SHARD * settings->max_object)
        count /= 2;
    return count;
}

uint64_t cache_store_hash(struct text key)
{
    return text_hash(key, map_seed());
}

struct cache_store *cache_store_new(const struct cache_store_settings *settings)
{
    struct cache_store *store = calloc(1, sizeof *store);
    bool fine = store != NULL;
    if (!fine)
        return NULL;
    atomic_init(&store->refs, 1);
    atomic_init(&store->max_object, settings->max_object);
    store->count = shard_count(settings);
    for (size_t i = 0; i < store->count; i++)
        fine = shard_init(&store->shards[i], store, settings->memory / store->count) && fine;
    if (fine)
        return store;
    cache_store_unref(store);
    return NULL;
}

struct cache_store *cache_store_ref(struct cache_store *store)
{
    atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

void cache_store_unref(struct cache_store *store)
{
    if (store == NULL || atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < store->count; i++)
        shard_clear(&store->shards[i]);
    free(store);
}

/* One larger than its part of the store would throw out all others there, and not fit. */
static size_t largest(const struct cache_store *store, const struct cache_store_settings *settings)
{
    size_t part = settings->memory / store->count;
    return settings->max_object < part ? settings->max_object : part;
}

void cache_store_resize(struct cache_store *store, const struct cache_store_settings *settings)
{
    atomic_store_explicit(&store->max_object, largest(store, settings), memory_order_relaxed);
    for (size_t i = 0; i < store->count; i++) {
        struct shard *shard = &store->shards[i];
        struct cache_object *evicted = NULL;
        pthread_mutex_lock(&shard->lock);
        shard_set_limit(shard, settings->memory / store->count);
        shard_evict(shard, &evicted);
        pthread_mutex_unlock(&shard->lock);
        shard_free(evicted);
    }
}

size_t cache_store_max_object(struct cache_store *store)
{
    return atomic_load_explicit(&store->max_object, memory_order_relaxed);
}

bool cache_store_was_too_large(struct cache_store *store, uint64_t hash)
{
    struct shard *shard = cache_store_shard(store, hash);
    pthread_mutex_lock(&shard->lock);
    bool was = shard_was_too_large(shard, hash);
    pthread_mutex_unlock(&shard->lock);
    return was;
}

static bool fits(const struct cache_object *object, const struct fields *request, struct arena *scratch)
{
    if (!fields_have(&object->fields, FIELD_VARY))
        return true;
    struct text variant = policy_variant(&object->fields, request, object->recodes, scratch);
    return variant.at != NULL && text_equal(variant, object->variant);
}

struct cache_object *cache_store_find(struct cache_store *store, struct text key, uint64_t hash,
                                      const struct fields *request, struct arena *scratch)
{
    struct shard *shard = cache_store_shard(store, hash);
    pthread_mutex_lock(&shard->lock);
    struct cache_object *object = shard_first(shard, key, hash);
    while (object != NULL && !fits(object, request, scratch))
        object = shard_next(object);
    if (object != NULL) {
        shard_use(object);
        cache_object_ref(object);
    }
    pthread_mutex_unlock(&shard->lock);
    return object;
}

struct text cache_store_variant(struct cache_store *store, struct text key, uint64_t hash,
                                const struct fields *request, struct arena *arena)
{
    struct shard *shard = cache_store_shard(store, hash);
    struct text variant = TEXT_NONE;
    pthread_mutex_lock(&shard->lock);
    const struct cache_object *object = shard_first(shard, key, hash);
    if (object != NULL)
        variant = policy_variant(&object->fields, request, object->recodes, arena);
    pthread_mutex_unlock(&shard->lock);
    return variant;
}

/* Another with the same key and variant, or the oldest one when there are too many variants. */
static struct cache_object *displaced(struct shard *shard, const struct cache_object *object)
{
    struct cache_object *last = NULL;
    unsigned count = 0;
    for (struct cache_object *at = shard_first(shard, object->key, object->hash); at != NULL;
         at = shard_next(at)) {
        if (text_equal(at->variant, object->variant))
            return at;
        last = at;
        count++;
    }
    return count >= CACHE_VARIANTS_MAX ? last : NULL;
}

/* Adds what goes for it to *gone, itself when there is no room: false. */
static bool link(struct shard *shard, struct cache_object *object, size_t size, struct cache_object **gone)
{
    struct cache_object *old = displaced(shard, object);
    if (old != NULL)
        shard_take_out(shard, old, gone);
    object->size = size;
    shard_link(shard, cache_object_ref(object));
    shard_note(shard, object->hash, SHARD_STORED);
    shard_evict(shard, gone);
    if (!shard_is_full(shard))
        return true;
    shard_take_out(shard, object, gone);
    return false;
}

bool cache_store_put(struct cache_store *store, struct cache_object *object, size_t size,
                     const struct cache_fetch *fetch)
{
    struct shard *shard = cache_store_shard(store, object->hash);
    struct cache_object *gone = NULL;
    ASSERT(size > 0);
    if (size > cache_store_max_object(store))
        return false;
    pthread_mutex_lock(&shard->lock);
    ASSERT(object->size == 0);
    bool overtaken = fetch != NULL && shard_has_overtaken(shard, fetch);
    bool stored = !overtaken && link(shard, object, size, &gone);
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
    return stored;
}

static bool has_twin(struct shard *shard, const struct cache_object *object)
{
    const struct cache_object *other = displaced(shard, object);
    return other != NULL && text_equal(other->variant, object->variant);
}

void cache_store_put_back(struct cache_store *store, struct cache_object *object, size_t size,
                          const struct cache_fetch *fetch)
{
    struct shard *shard = cache_store_shard(store, object->hash);
    struct cache_object *gone = NULL;
    pthread_mutex_lock(&shard->lock);
    if (object->size == 0 && fetch->under_way && !shard_has_overtaken(shard, fetch) &&
        !has_twin(shard, object))
        link(shard, object, size, &gone);
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
}

bool cache_store_grow(struct cache_store *store, struct cache_object *object, size_t size)
{
    struct shard *shard = cache_store_shard(store, object->hash);
    struct cache_object *gone = NULL;
    pthread_mutex_lock(&shard->lock);
    bool inside = object->size > 0;
    if (inside)
        shard_resize(shard, object, size);
    else
        held_resize(object->body, size);
    shard_evict(shard, &gone);
    bool too_large = size > cache_store_max_object(store);
    bool fits = !too_large && !shard_is_full(shard);
    if (inside && !fits)
        shard_take_out(shard, object, &gone);
    if (too_large)
        shard_note(shard, object->hash, SHARD_TOO_LARGE);
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
    return fits;
}

void cache_store_drop(struct cache_store *store, struct cache_object *object)
{
    struct shard *shard = cache_store_shard(store, object->hash);
    struct cache_object *gone = NULL;
    pthread_mutex_lock(&shard->lock);
    if (object->size > 0)
        shard_take_out(shard, object, &gone);
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
}

struct cache_store_sizes cache_store_sizes(struct cache_store *store)
{
    struct cache_store_sizes sizes = {0};
    for (size_t i = 0; i < store->count; i++) {
        struct shard *shard = &store->shards[i];
        pthread_mutex_lock(&shard->lock);
        sizes.bytes += shard_bytes(shard);
        sizes.objects += shard->count;
        sizes.evicted += shard->evicted;
        pthread_mutex_unlock(&shard->lock);
    }
    return sizes;
}
