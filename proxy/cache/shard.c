/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/shard.h"

#include <stdlib.h>

enum { SMALL_SHARE = 10, OBJECT_USUAL = 4096, SLOTS_MIN = 64, USES_TO_STAY = 2, WALK_MAX = 128 };

static size_t slots_for(size_t limit)
{
    size_t slots = SLOTS_MIN;
    while (slots < limit / OBJECT_USUAL && slots < (size_t)1 << 24)
        slots *= 2;
    return slots;
}

/* Empty ones; when there is no memory all stays as it is. The buckets before are the caller's. */
static bool make_tables(struct shard *shard, size_t slots)
{
    struct cache_object **buckets = calloc(slots, sizeof(struct cache_object *));
    uint32_t *ghosts = calloc(slots, sizeof *ghosts), *passes = calloc(slots, sizeof *passes);
    bool fine = buckets != NULL && ghosts != NULL && passes != NULL;
    if (!fine)
        free(buckets);
    free(fine ? shard->ghosts : ghosts);
    free(fine ? shard->passes : passes);
    if (!fine)
        return false;
    shard->buckets = buckets;
    shard->ghosts = ghosts;
    shard->passes = passes;
    shard->mask = slots - 1;
    return true;
}

bool shard_init(struct shard *shard, size_t limit)
{
    pthread_mutex_init(&shard->lock, NULL);
    list_init(&shard->small.list);
    list_init(&shard->main.list);
    shard->limit = limit;
    for (size_t i = 0; i < CACHE_FLIGHT_LANES; i++)
        list_init(&shard->flights[i]);
    return make_tables(shard, slots_for(limit));
}

static void file(struct shard *shard, struct cache_object *object)
{
    struct cache_object **bucket = &shard->buckets[object->hash & shard->mask];
    object->next = *bucket;
    *bucket = object;
}

/* All of a list, of which the first stays before the others. */
static void file_all(struct shard *shard, struct cache_object *list)
{
    struct cache_object *last_first = NULL, *next;
    for (; list != NULL; list = next) {
        next = list->next;
        list->next = last_first;
        last_first = list;
    }
    for (; last_first != NULL; last_first = next) {
        next = last_first->next;
        file(shard, last_first);
    }
}

void shard_set_limit(struct shard *shard, size_t limit)
{
    struct cache_object **before = shard->buckets;
    size_t count = shard->mask + 1, slots = slots_for(limit);
    shard->limit = limit;
    if (slots <= count || !make_tables(shard, slots))
        return;
    for (size_t i = 0; i < count; i++)
        file_all(shard, before[i]);
    free(before);
}

static void clear_queue(struct shard *shard, struct queue *queue)
{
    while (!list_is_empty(&queue->list)) {
        struct cache_object *object = CONTAINER(queue->list.head.next, struct cache_object, node);
        shard_unlink(shard, object);
        cache_object_unref(object);
    }
}

void shard_clear(struct shard *shard)
{
    clear_queue(shard, &shard->small);
    clear_queue(shard, &shard->main);
    free(shard->buckets);
    free(shard->ghosts);
    free(shard->passes);
    pthread_mutex_destroy(&shard->lock);
}

static struct cache_object *same_key(struct cache_object *object, struct text key, uint64_t hash)
{
    while (object != NULL && (object->hash != hash || !text_equal(object->key, key)))
        object = object->next;
    return object;
}

struct cache_object *shard_first(struct shard *shard, struct text key, uint64_t hash)
{
    return same_key(shard->buckets[hash & shard->mask], key, hash);
}

struct cache_object *shard_next(struct cache_object *object)
{
    return same_key(object->next, object->key, object->hash);
}

void shard_use(struct cache_object *object)
{
    unsigned uses = atomic_load_explicit(&object->uses, memory_order_relaxed);
    if (uses < CACHE_USES_MAX)
        atomic_store_explicit(&object->uses, uses + 1, memory_order_relaxed);
}

static uint32_t print_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1; /* 0 is an empty place */
}

static uint32_t *ghost_of(struct shard *shard, uint64_t hash)
{
    return &shard->ghosts[hash & shard->mask];
}

bool shard_passes(const struct shard *shard, uint64_t hash)
{
    return shard->passes[hash & shard->mask] == print_of(hash);
}

void shard_note_pass(struct shard *shard, uint64_t hash, bool passes)
{
    uint32_t *place = &shard->passes[hash & shard->mask];
    if (passes)
        *place = print_of(hash);
    else if (*place == print_of(hash))
        *place = 0;
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

void shard_link(struct shard *shard, struct cache_object *object)
{
    bool returns = *ghost_of(shard, object->hash) == print_of(object->hash);
    file(shard, object);
    enqueue(returns ? &shard->main : &shard->small, object, returns);
    shard->count++;
}

static void dequeue(struct shard *shard, struct cache_object *object)
{
    queue_of(shard, object)->bytes -= object->size;
    list_remove(&object->node);
}

void shard_unlink(struct shard *shard, struct cache_object *object)
{
    struct cache_object **at = &shard->buckets[object->hash & shard->mask];
    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    object->next = NULL;
    dequeue(shard, object);
    object->size = 0;
    shard->count--;
}

void shard_resize(struct shard *shard, struct cache_object *object, size_t size)
{
    struct queue *queue = queue_of(shard, object);
    queue->bytes += size - object->size;
    object->size = size;
}

/* Its memory would stay although it is gone: somebody reads it, or fills it. */
static bool is_busy(const struct cache_object *object)
{
    return atomic_load_explicit(&object->refs, memory_order_acquire) > 1 || cache_body_is_busy(object->body);
}

/* Whether it stays for now: at the back of the main queue when it was used, with a clean slate or a use less; where it was
 * when it is busy. */
static bool gets_another_round(struct shard *shard, struct cache_object *object)
{
    unsigned uses = atomic_load_explicit(&object->uses, memory_order_relaxed);
    bool used = object->in_main ? uses > 0 : uses >= USES_TO_STAY;
    if (!used && !is_busy(object))
        return false;
    dequeue(shard, object);
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
            *ghost_of(shard, object->hash) = print_of(object->hash);
        shard_unlink(shard, object);
        shard->evicted++;
        return object;
    }
    return NULL;
}

bool shard_is_full(const struct shard *shard)
{
    return shard->small.bytes + shard->main.bytes > shard->limit;
}

struct cache_object *shard_evict(struct shard *shard)
{
    struct cache_object *gone = NULL;
    while (shard_is_full(shard)) {
        bool small_is_due = shard->small.bytes > shard->limit / SMALL_SHARE;
        struct queue *first = small_is_due ? &shard->small : &shard->main;
        struct cache_object *object = evict_from(shard, first);
        if (object == NULL)
            object = evict_from(shard, small_is_due ? &shard->main : &shard->small);
        if (object == NULL)
            break;
        object->next = gone;
        gone = object;
    }
    return gone;
}

void shard_free(struct cache_object *list)
{
    while (list != NULL) {
        struct cache_object *next = list->next;
        cache_object_unref(list);
        list = next;
    }
}
