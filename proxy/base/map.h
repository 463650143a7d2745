/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map finds pointers by text keys: host names, route names, field names. It is built by one thread and then
 * read by any number. Keys and values belong to somebody else and must
 * outlive it. The hash is seeded once per process, so clients can't choose keys that collide.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/text.h"

struct map_entry {
    struct text key;
    void *value; /* NULL: the entry is empty */
    uint64_t hash;
};

struct map {
    struct map_entry *entries; /* NULL or mask + 1 of them */
    size_t mask;
    size_t count;
};

void map_init(struct map *map);
void map_clear(struct map *map);

/* value must not be NULL. What the key had before is replaced and given in *before (which may be NULL);
 * NULL is given for a new key. False when out of memory. Not while others read. */
bool map_insert(struct map *map, struct text key, void *value, void **before);

/* Takes the key out and gives what it had; NULL when the map doesn't have it. Not while others read. */
void *map_remove(struct map *map, struct text key);

/* NULL when the map doesn't have the key. Any thread. */
void *map_find(const struct map *map, struct text key);

/* Every entry once, in no order: start with *position = 0; NULL behind the last one. */
const struct map_entry *map_next(const struct map *map, size_t *position);

/* The seed of this process, also for other tables whose keys clients choose. */
uint64_t map_seed(void);

#endif
