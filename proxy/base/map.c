/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/panic.h"

#define ENTRIES_FIRST 16

static uint64_t seed;

static void draw_seed(void)
{
    /* Before the kernel has entropy the call fails rather than waits; the time is better than a constant. */
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)&seed;
}

uint64_t map_seed(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, draw_seed);
    return seed;
}

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_clear(struct map *map)
{
    free(map->entries);
    map_init(map);
}

/* The entry of the key, or the empty one where it belongs. There is always an empty one. */
static struct map_entry *place_of(const struct map *map, struct text key, uint64_t hash)
{
    size_t i = hash & map->mask;
    while (map->entries[i].value != NULL) {
        if (map->entries[i].hash == hash && text_equal(map->entries[i].key, key))
            break;
        i = (i + 1) & map->mask;
    }
    return &map->entries[i];
}

static bool grow(struct map *map)
{
    size_t size = map->entries == NULL ? ENTRIES_FIRST : (map->mask + 1) * 2;
    struct map larger = {calloc(size, sizeof(struct map_entry)), size - 1, map->count};
    size_t position = 0;
    if (larger.entries == NULL)
        return false;
    for (const struct map_entry *entry; (entry = map_next(map, &position)) != NULL;)
        *place_of(&larger, entry->key, entry->hash) = *entry;
    free(map->entries);
    *map = larger;
    return true;
}

/* Half of the entries at most are filled: misses, which are common for host names, stay short. */
static bool has_room(const struct map *map)
{
    return map->entries != NULL && (map->count + 1) * 2 <= map->mask + 1;
}

bool map_insert(struct map *map, struct text key, void *value, void **before)
{
    ASSERT(value != NULL);
    if (!has_room(map) && !grow(map))
        return false;
    uint64_t hash = text_hash(key, map_seed());
    struct map_entry *entry = place_of(map, key, hash);
    if (before != NULL)
        *before = entry->value;
    if (entry->value == NULL)
        map->count++;
    *entry = (struct map_entry){key, value, hash};
    return true;
}

/* Whether the entry at i, which belongs at home, may move back to the hole: it must not come before its home. */
static bool may_fill(const struct map *map, size_t hole, size_t i)
{
    size_t home = map->entries[i].hash & map->mask;
    return ((i - home) & map->mask) >= ((i - hole) & map->mask);
}

/* What follows moves up, so that no search ends too early. */
static void close_hole(struct map *map, size_t hole)
{
    for (size_t i = (hole + 1) & map->mask; map->entries[i].value != NULL; i = (i + 1) & map->mask) {
        if (!may_fill(map, hole, i))
            continue;
        map->entries[hole] = map->entries[i];
        hole = i;
    }
    map->entries[hole] = (struct map_entry){0};
}

void *map_remove(struct map *map, struct text key)
{
    if (map->entries == NULL)
        return NULL;
    struct map_entry *entry = place_of(map, key, text_hash(key, map_seed()));
    void *value = entry->value;
    if (value == NULL)
        return NULL;
    close_hole(map, (size_t)(entry - map->entries));
    map->count--;
    return value;
}

void *map_find(const struct map *map, struct text key)
{
    if (map->entries == NULL)
        return NULL;
    return place_of(map, key, text_hash(key, map_seed()))->value;
}

const struct map_entry *map_next(const struct map *map, size_t *position)
{
    while (map->entries != NULL && *position <= map->mask) {
        const struct map_entry *entry = &map->entries[(*position)++];
        if (entry->value != NULL)
            return entry;
    }
    return NULL;
}
