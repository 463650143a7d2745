/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena hands out memory that is freed all at once. It is bounded: beyond its limit arena_take answers NULL, which
 * callers turn into a fault (out_of_memory). Not shared between threads.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slab.h"
#include "base/text.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    char *at;                   /* next free byte of the newest block */
    size_t room;                /* bytes left in it */
    size_t taken;               /* bytes of all blocks */
    size_t limit;               /* bytes, 0 = none */
    struct slab *store;         /* where first blocks come from; NULL: malloc */
};

enum { ARENA_FIRST = 4096 }; /* bytes of the first block */

void arena_init(struct arena *arena, size_t limit);

/* The same for arenas that come and go: the first block is an object of this slab, of ARENA_FIRST bytes. */
void arena_init_from(struct arena *arena, size_t limit, struct slab *store);

/* Frees every block; the arena can be used again. */
void arena_clear(struct arena *arena);

/* Aligned for any type, not zeroed; NULL when the limit or memory is reached. */
void *arena_take(struct arena *arena, size_t size);
void *arena_take_zeroed(struct arena *arena, size_t size);

/* Gives back what was taken with this size, if nothing has been taken since. */
void arena_give_back(struct arena *arena, void *taken, size_t size);

/* A copy with a NUL behind it (not counted); .at is NULL when out of memory. */
struct text arena_copy(struct arena *arena, struct text t);

/* Appends bytes to *t, which must be empty or come from this arena; in place when it was the last thing taken.
 * False when out of memory. No NUL is kept behind it. */
bool arena_append(struct arena *arena, struct text *t, const char *bytes, size_t len);

/* printf into the arena; .at is NULL when out of memory. NUL-terminated. */
struct text arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
