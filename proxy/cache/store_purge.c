/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken out because somebody says so. */
#include <time.h>

#include "cache/shard.h"
#include "cache/store.h"

size_t cache_store_forget(struct cache_store *store, struct text key, uint64_t hash)
{
    struct shard *shard = cache_store_shard(store, hash);
    struct cache_object *gone = NULL, *object;
    size_t count = 0;
    pthread_mutex_lock(&shard->lock);
    shard_forget(shard, hash);
    for (; (object = shard_first(shard, key, hash)) != NULL; count++)
        shard_take_out(shard, object, &gone);
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
    return count;
}

static void end_lifetime(struct cache_object *object)
{
    if (atomic_load_explicit(&object->stale_since, memory_order_relaxed) == 0)
        atomic_store_explicit(&object->stale_since, time(NULL), memory_order_relaxed);
}

static size_t purge_shard(struct shard *shard, bool (*matches)(const struct cache_object *, const void *),
                          const void *what, bool soft)
{
    struct cache_object *gone = NULL;
    size_t count = 0;
    pthread_mutex_lock(&shard->lock);
    shard->purges++;
    for (size_t i = 0; i <= shard->mask; i++)
        for (struct cache_object *object = shard->buckets[i], *next; object != NULL; object = next) {
            next = object->next;
            if (!matches(object, what))
                continue;
            count++;
            end_lifetime(object);
            if (!soft)
                shard_take_out(shard, object, &gone);
        }
    pthread_mutex_unlock(&shard->lock);
    shard_free(gone);
    return count;
}

size_t cache_store_purge(struct cache_store *store,
                         bool (*matches)(const struct cache_object *object, const void *what),
                         const void *what, bool soft)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++)
        count += purge_shard(&store->shards[i], matches, what, soft);
    return count;
}
