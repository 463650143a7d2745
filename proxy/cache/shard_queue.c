/* SPDX-License-Identifier: Apache-2.0 */
/* S3-FIFO (store.h): what is new waits in the small queue, and goes to the main one when it is asked for again. */
#include "cache/shard.h"

enum { SMALL_SHARE = 10, USES_TO_STAY = 2, WALK_MAX = 128 };

void shard_use(struct cache_object *object)
{
    unsigned uses = atomic_load_explicit(&object->uses, memory_order_relaxed);
    if (uses < CACHE_USES_MAX)
        atomic_store_explicit(&object->uses, uses + 1, memory_order_relaxed);
}

static uint32_t *ghost_of(struct shard *shard, uint64_t hash)
{
    return &shard->ghosts[hash & shard->mask];
}

static void enqueue(struct queue *queue, struct cache_object *object, bool is_main)
{
    object->in_main = is_main;
    list_push(&queue->list, &object->node);
    queue->bytes += object->size;
}

static struct queue *queue_of(struct shard *shard, const struct cache_object *object)
{
    return object->in_main ? &shard->main : &shard->small;
}

void shard_queue(struct shard *shard, struct cache_object *object)
{
    bool returns = *ghost_of(shard, object->hash) == shard_print(object->hash);
    enqueue(returns ? &shard->main : &shard->small, object, returns);
}

void shard_dequeue(struct shard *shard, struct cache_object *object)
{
    queue_of(shard, object)->bytes -= object->size;
    list_remove(&object->node);
}

void shard_resize(struct shard *shard, struct cache_object *object, size_t size)
{
    struct queue *queue = queue_of(shard, object);
    queue->bytes += size - object->size;
    object->size = size;
}

/* Whether it stays for now: at the back of the main queue when it was used, with a clean slate or a use less; where it was
 * when it is busy. */
static bool gets_another_round(struct shard *shard, struct cache_object *object)
{
    unsigned uses = atomic_load_explicit(&object->uses, memory_order_relaxed);
    bool used = object->in_main ? uses > 0 : uses >= USES_TO_STAY;
    if (!used && !cache_object_is_busy(object))
        return false;
    shard_dequeue(shard, object);
    if (used)
        atomic_store_explicit(&object->uses, object->in_main ? uses - 1 : 0, memory_order_relaxed);
    bool is_main = used || object->in_main;
    enqueue(is_main ? &shard->main : &shard->small, object, is_main);
    return true;
}

/* NULL: none of the first ones can go. */
static struct cache_object *evict_from(struct shard *shard, struct queue *queue)
{
    for (int i = 0; i < WALK_MAX && !list_is_empty(&queue->list); i++) {
        struct cache_object *object = CONTAINER(queue->list.head.next, struct cache_object, node);
        if (gets_another_round(shard, object))
            continue;
        if (!object->in_main)
            *ghost_of(shard, object->hash) = shard_print(object->hash);
        shard_unlink(shard, object);
        shard->evicted++;
        return object;
    }
    return NULL;
}

size_t shard_bytes(struct shard *shard)
{
    return shard->small.bytes + shard->main.bytes + atomic_load_explicit(&shard->held, memory_order_relaxed);
}

bool shard_is_full(struct shard *shard)
{
    return shard_bytes(shard) > shard->limit;
}

/* When what is held alone is too much, throwing out the rest would help nobody. */
static bool may_help(struct shard *shard)
{
    return shard_bytes(shard) - shard->small.bytes - shard->main.bytes < shard->limit;
}

void shard_evict(struct shard *shard, struct cache_object **gone)
{
    while (shard_is_full(shard) && may_help(shard)) {
        bool small_is_due = shard->small.bytes > shard->limit / SMALL_SHARE;
        struct queue *first = small_is_due ? &shard->small : &shard->main;
        struct cache_object *object = evict_from(shard, first);
        if (object == NULL)
            object = evict_from(shard, small_is_due ? &shard->main : &shard->small);
        if (object == NULL)
            return;
        object->next = *gone;
        *gone = object;
    }
}
