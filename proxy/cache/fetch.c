/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/fetch.h"

#include "cache/shard.h"

void cache_fetch_begin(struct cache_store *store, struct cache_fetch *fetch, uint64_t hash)
{
    cache_fetch_end(store, fetch);
    struct shard *shard = cache_store_shard(store, hash);
    fetch->hash = hash;
    fetch->forgotten = false;
    fetch->under_way = true;
    pthread_mutex_lock(&shard->lock);
    fetch->purges = shard->purges;
    list_push(shard_fetches(shard, hash), &fetch->node);
    pthread_mutex_unlock(&shard->lock);
}

bool cache_fetch_is_overtaken(struct cache_store *store, const struct cache_fetch *fetch)
{
    if (!fetch->under_way)
        return false;
    struct shard *shard = cache_store_shard(store, fetch->hash);
    pthread_mutex_lock(&shard->lock);
    bool overtaken = shard_has_overtaken(shard, fetch);
    pthread_mutex_unlock(&shard->lock);
    return overtaken;
}

void cache_fetch_end(struct cache_store *store, struct cache_fetch *fetch)
{
    if (!fetch->under_way)
        return;
    struct shard *shard = cache_store_shard(store, fetch->hash);
    fetch->under_way = false;
    pthread_mutex_lock(&shard->lock);
    list_remove(&fetch->node);
    pthread_mutex_unlock(&shard->lock);
}
