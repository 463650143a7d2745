/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGNMENT ((size_t)16)
#define BLOCK_FIRST ((size_t)ARENA_FIRST)
#define BLOCK_LAST ((size_t)65536)
#define REQUEST_LAST (SIZE_MAX / 4)

struct arena_block {
    struct arena_block *older;
    size_t size; /* bytes, this header included */
    _Alignas(16) char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_init_from(struct arena *arena, size_t limit, struct slab *store)
{
    *arena = (struct arena){.limit = limit, .store = store};
}

static void block_free(struct arena *arena, struct arena_block *block)
{
    if (arena->store != NULL && block->size == BLOCK_FIRST)
        slab_give(arena->store, block);
    else
        free(block);
}

void arena_clear(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *older = block->older;
        block_free(arena, block);
        block = older;
    }
    arena_init_from(arena, arena->limit, arena->store);
}

/* Bytes that the limit still allows. */
static size_t allowance(const struct arena *arena)
{
    if (arena->limit == 0)
        return SIZE_MAX;
    return arena->limit > arena->taken ? arena->limit - arena->taken : 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How large the next block is, so that it holds size bytes; 0 when the limit doesn't allow it. */
static size_t block_size(const struct arena *arena, size_t size)
{
    size_t need = sizeof(struct arena_block) + size;
    size_t next = arena->blocks == NULL ? BLOCK_FIRST : smaller(arena->blocks->size * 2, BLOCK_LAST);
    if (need > allowance(arena))
        return 0;
    return need > next ? need : smaller(next, allowance(arena));
}

static struct arena_block *block_new(struct arena *arena, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    return arena->store != NULL && bytes == BLOCK_FIRST ? slab_take_as_is(arena->store) : malloc(bytes);
}

/* Gives the arena a new block with room for size bytes and takes them. */
__attribute__((noinline)) static void *take_from_new_block(struct arena *arena, size_t size)
{
    size_t bytes = size > REQUEST_LAST ? 0 : block_size(arena, size);
    struct arena_block *block = block_new(arena, bytes);
    if (block == NULL)
        return NULL;
    block->size = bytes;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->taken += bytes;
    arena->at = block->bytes + size;
    arena->room = bytes - sizeof(struct arena_block) - size;
    return block->bytes;
}

void *arena_take(struct arena *arena, size_t size)
{
    /* at is only as aligned as the last append left it. */
    size_t skip = -(uintptr_t)arena->at & (ALIGNMENT - 1);
    if (size > arena->room || skip > arena->room - size || arena->at == NULL)
        return take_from_new_block(arena, size);
    char *taken = arena->at + skip;
    arena->at = taken + size;
    arena->room -= skip + size;
    return taken;
}

void *arena_take_zeroed(struct arena *arena, size_t size)
{
    void *taken = arena_take(arena, size);
    return taken == NULL ? NULL : memset(taken, 0, size);
}

void arena_give_back(struct arena *arena, void *taken, size_t size)
{
    if ((char *)taken + size != arena->at)
        return;
    arena->at -= size;
    arena->room += size;
}

struct text arena_copy(struct arena *arena, struct text t)
{
    char *copy = t.len == SIZE_MAX ? NULL : arena_take(arena, t.len + 1);
    if (copy == NULL)
        return TEXT_NONE;
    if (t.len > 0)
        memcpy(copy, t.at, t.len);
    copy[t.len] = '\0';
    return (struct text){copy, t.len};
}

/* Room for len bytes right behind t, taken from the newest block. */
static bool extend(struct arena *arena, const struct text *t, size_t len)
{
    if (t->at == NULL || t->at + t->len != arena->at || len > arena->room)
        return false;
    arena->at += len;
    arena->room -= len;
    return true;
}

/* Moves t to a place where it can grow: half as much again is asked for and the unused part given back. */
static bool move_to_end(struct arena *arena, struct text *t, size_t len)
{
    if (len > REQUEST_LAST || t->len > REQUEST_LAST)
        return false;
    size_t need = t->len + len;
    size_t spare = need / 2;
    char *moved = arena_take(arena, need + spare);
    if (moved == NULL) {
        spare = 0;
        moved = arena_take(arena, need);
    }
    if (moved == NULL)
        return false;
    if (t->len > 0)
        memcpy(moved, t->at, t->len);
    arena->at -= spare;
    arena->room += spare;
    t->at = moved;
    return true;
}

bool arena_append(struct arena *arena, struct text *t, const char *bytes, size_t len)
{
    if (len == 0)
        return true;
    if (!extend(arena, t, len) && !move_to_end(arena, t, len))
        return false;
    memcpy((char *)(uintptr_t)t->at + t->len, bytes, len);
    t->len += len;
    return true;
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int len = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *at = len < 0 ? NULL : arena_take(arena, (size_t)len + 1);
    if (at == NULL)
        return TEXT_NONE;
    va_start(list, format);
    vsnprintf(at, (size_t)len + 1, format, list);
    va_end(list);
    return (struct text){at, (size_t)len};
}
