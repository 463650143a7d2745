/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/held.h"

#include <stdlib.h>
#include <time.h>

enum { OBJECT_USUAL = 4096, SLOTS_MIN = 64 };

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

bool shard_init(struct shard *shard, struct cache_store *store, size_t limit)
{
    shard->store = store;
    pthread_mutex_init(&shard->lock, NULL);
    atomic_init(&shard->held, 0);
    list_init(&shard->small.list);
    list_init(&shard->main.list);
    shard->limit = limit;
    for (size_t i = 0; i < CACHE_FLIGHT_LANES; i++) {
        list_init(&shard->flights[i]);
        list_init(&shard->fetches[i]);
    }
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

struct list *shard_fetches(struct shard *shard, uint64_t hash)
{
    return &shard->fetches[hash % CACHE_FLIGHT_LANES];
}

void shard_forget(struct shard *shard, uint64_t hash)
{
    LIST_EACH(shard_fetches(shard, hash), node)
    {
        struct cache_fetch *fetch = CONTAINER(node, struct cache_fetch, node);
        fetch->forgotten = fetch->forgotten || fetch->hash == hash;
    }
}

bool shard_has_overtaken(const struct shard *shard, const struct cache_fetch *fetch)
{
    return fetch->forgotten || fetch->purges != shard->purges;
}

/* In place of the last bits of a print: the minute of the note, and whether it was too large. */
enum { NOTE_MINUTES = 32, NOTE_LARGE = 32, NOTE_ALL = 64 };

static uint32_t minute(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint32_t)(now.tv_sec / 60) % NOTE_MINUTES;
}

static bool is_of(uint32_t note, uint64_t hash)
{
    return note != 0 && note / NOTE_ALL == shard_print(hash) / NOTE_ALL;
}

bool shard_passes(const struct shard *shard, uint64_t hash)
{
    uint32_t note = shard->passes[hash & shard->mask];
    return is_of(note, hash) && (minute() - note) % NOTE_MINUTES <= 1;
}

bool shard_was_too_large(const struct shard *shard, uint64_t hash)
{
    return shard_passes(shard, hash) && (shard->passes[hash & shard->mask] & NOTE_LARGE) != 0;
}

void shard_note(struct shard *shard, uint64_t hash, enum shard_note note)
{
    uint32_t *place = &shard->passes[hash & shard->mask];
    if (note != SHARD_STORED)
        *place =
            shard_print(hash) / NOTE_ALL * NOTE_ALL + (note == SHARD_TOO_LARGE ? NOTE_LARGE : 0) + minute();
    else if (is_of(*place, hash))
        *place = 0;
}

void shard_link(struct shard *shard, struct cache_object *object)
{
    file(shard, object);
    shard_queue(shard, object);
    held_linked(object->body);
    shard->count++;
}

void shard_unlink(struct shard *shard, struct cache_object *object)
{
    struct cache_object **at = &shard->buckets[object->hash & shard->mask];
    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    object->next = NULL;
    shard_dequeue(shard, object);
    object->size = 0;
    object->body->linked--;
    shard->count--;
}

void shard_take_out(struct shard *shard, struct cache_object *object, struct cache_object **gone)
{
    size_t bytes = object->size;
    shard_unlink(shard, object);
    object->next = *gone;
    *gone = object;
    if (cache_object_is_busy(object))
        held_unlinked(shard, object->body, bytes);
}

void shard_free(struct cache_object *list)
{
    while (list != NULL) {
        struct cache_object *next = list->next;
        cache_object_unref(list);
        list = next;
    }
}
