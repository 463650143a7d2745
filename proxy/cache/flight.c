/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/flight.h"

#include <stdlib.h>

#include "cache/shard.h"

struct cache_flight {
    struct list_node node; /* in its shard */
    struct list waiters;
    uint64_t hash;
    size_t len;
    char key[];
};

static struct list *lane_of(struct shard *shard, uint64_t hash)
{
    return &shard->flights[hash % CACHE_FLIGHT_LANES];
}

static struct cache_flight *find(struct shard *shard, struct text key, uint64_t hash)
{
    LIST_EACH(lane_of(shard, hash), node)
    {
        struct cache_flight *flight = CONTAINER(node, struct cache_flight, node);
        if (flight->hash == hash && text_equal((struct text){flight->key, flight->len}, key))
            return flight;
    }
    return NULL;
}

static struct cache_flight *flight_new(struct shard *shard, struct text key, uint64_t hash)
{
    struct cache_flight *flight = malloc(sizeof *flight + key.len);
    if (flight == NULL)
        return NULL;
    *flight = (struct cache_flight){.hash = hash, .len = key.len};
    memcpy(flight->key, key.at, key.len);
    list_init(&flight->waiters);
    list_push(lane_of(shard, hash), &flight->node);
    return flight;
}

enum flight_place cache_flight_join(struct cache_store *store, struct text key, uint64_t hash,
                                    struct flight_waiter *waiter, struct cache_flight **flight)
{
    struct shard *shard = cache_store_shard(store, hash);
    enum flight_place place = FLIGHT_NONE;
    pthread_mutex_lock(&shard->lock);
    struct cache_flight *there = shard_passes(shard, hash) ? NULL : find(shard, key, hash);
    if (there != NULL) {
        waiter->end = FLIGHT_LOST;
        atomic_store_explicit(&waiter->waits, true, memory_order_relaxed);
        list_push(&there->waiters, &waiter->node);
        place = FLIGHT_WAITS;
    } else if (!shard_passes(shard, hash) && (*flight = flight_new(shard, key, hash)) != NULL) {
        place = FLIGHT_LEADS;
    }
    pthread_mutex_unlock(&shard->lock);
    return place;
}

void cache_flight_land(struct cache_store *store, struct cache_flight *flight, enum flight_end end)
{
    struct shard *shard = cache_store_shard(store, flight->hash);
    pthread_mutex_lock(&shard->lock);
    list_remove(&flight->node);
    if (end == FLIGHT_PASSED)
        shard_note(shard, flight->hash, SHARD_PASSED);
    LIST_EACH_SAFE(&flight->waiters, node)
    {
        struct flight_waiter *waiter = CONTAINER(node, struct flight_waiter, node);
        list_remove(node);
        waiter->end = end;
        atomic_store_explicit(&waiter->waits, false, memory_order_release);
        inbox_send(waiter->loop, &waiter->letter);
    }
    pthread_mutex_unlock(&shard->lock);
    free(flight);
}

void cache_flight_leave(struct cache_store *store, uint64_t hash, struct flight_waiter *waiter)
{
    struct shard *shard = cache_store_shard(store, hash);
    pthread_mutex_lock(&shard->lock);
    list_remove(&waiter->node);
    pthread_mutex_unlock(&shard->lock);
    inbox_cancel(waiter->loop, &waiter->letter);
}
