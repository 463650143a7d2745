/* SPDX-License-Identifier: Apache-2.0 */
#include "base/chunk.h"

#include <stdlib.h>

#include "base/chain.h"
#include "base/panic.h"

enum { SPARES_READ = 256, SPARES_COPY = 64, SPARE_LINKS = 1024, SPARE_BORROWS = 256 };

void chunk_pool_init(struct chunk_pool *pool)
{
    *pool = (struct chunk_pool){0};
    slab_init(&pool->links, sizeof(struct chain_link), SPARE_LINKS);
    slab_init(&pool->borrows, sizeof(struct chunk), SPARE_BORROWS);
}

static void free_spares(struct chunk_pool *pool, struct chunk *spare)
{
    while (spare != NULL) {
        struct chunk *next = spare->next;
        pool->bytes -= spare->size;
        free(spare);
        spare = next;
    }
}

void chunk_pool_clear(struct chunk_pool *pool)
{
    if (pool->reading != NULL)
        chunk_unref(pool->reading);
    if (pool->copying != NULL)
        chunk_unref(pool->copying);
    free_spares(pool, pool->spare_read);
    free_spares(pool, pool->spare_copy);
    slab_clear(&pool->links);
    slab_clear(&pool->borrows);
    ASSERT(pool->bytes == 0);
    *pool = (struct chunk_pool){0};
}

static struct chunk *chunk_alloc(struct chunk_pool *pool, size_t size)
{
    struct chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct chunk){.refs = 1, .size = (uint32_t)size, .pool = pool};
    pool->bytes += size;
    return chunk;
}

static struct chunk *take_spare(struct chunk **spare, unsigned *count)
{
    struct chunk *chunk = *spare;
    if (chunk == NULL)
        return NULL;
    *spare = chunk->next;
    --*count;
    chunk->refs = 1;
    return chunk;
}

static struct chunk *take_read(struct chunk_pool *pool)
{
    struct chunk *chunk = take_spare(&pool->spare_read, &pool->spares_read);
    return chunk != NULL ? chunk : chunk_alloc(pool, CHUNK_READ_SIZE);
}

static struct chunk *take_copy(struct chunk_pool *pool)
{
    struct chunk *chunk = take_spare(&pool->spare_copy, &pool->spares_copy);
    return chunk != NULL ? chunk : chunk_alloc(pool, CHUNK_COPY_SIZE);
}

struct chunk *chunk_new(struct chunk_pool *pool, size_t size)
{
    if (size <= CHUNK_COPY_SIZE)
        return take_copy(pool);
    return chunk_alloc(pool, size);
}

struct chunk *chunk_borrow(struct chunk_pool *pool, void *owner, void (*let_go)(void *owner))
{
    struct chunk *chunk = slab_take(&pool->borrows);
    if (chunk == NULL) {
        let_go(owner);
        return NULL;
    }
    *chunk = (struct chunk){.refs = 1, .pool = pool, .let_go = let_go, .owner = owner};
    return chunk;
}

static bool keep_spare(struct chunk *chunk, struct chunk **spare, unsigned *count, unsigned most)
{
    if (*count == most)
        return false;
    chunk->next = *spare;
    *spare = chunk;
    ++*count;
    return true;
}

void chunk_free_(struct chunk *chunk)
{
    struct chunk_pool *pool = chunk->pool;
    if (chunk->let_go != NULL) {
        chunk->let_go(chunk->owner);
        slab_give(&pool->borrows, chunk);
        return;
    }
#ifndef __SANITIZE_ADDRESS__
    if (chunk->size == CHUNK_READ_SIZE &&
        keep_spare(chunk, &pool->spare_read, &pool->spares_read, SPARES_READ))
        return;
    if (chunk->size == CHUNK_COPY_SIZE &&
        keep_spare(chunk, &pool->spare_copy, &pool->spares_copy, SPARES_COPY))
        return;
#else
    (void)keep_spare;
#endif
    pool->bytes -= chunk->size;
    free(chunk);
}

char *chunk_read_room(struct chunk_pool *pool, size_t *room)
{
    if (pool->reading != NULL && pool->reading->refs == 1)
        pool->read_used = 0;
    if (pool->reading == NULL || pool->reading->size - pool->read_used < CHUNK_READ_MIN) {
        struct chunk *fresh = take_read(pool);
        if (fresh == NULL)
            return NULL;
        if (pool->reading != NULL)
            chunk_unref(pool->reading);
        pool->reading = fresh;
        pool->read_used = 0;
    }
    *room = pool->reading->size - pool->read_used;
    return pool->reading->bytes + pool->read_used;
}

struct slice chunk_read_done(struct chunk_pool *pool, size_t len)
{
    ASSERT(len <= pool->reading->size - pool->read_used);
    struct slice slice = {pool->reading, pool->reading->bytes + pool->read_used, len};
    pool->read_used += len;
    return slice;
}

char *chunk_copy_room(struct chunk_pool *pool, size_t len)
{
    ASSERT(len <= CHUNK_COPY_SIZE);
    if (pool->copying != NULL && pool->copying->refs == 1)
        pool->copy_used = 0;
    if (pool->copying == NULL || pool->copying->size - pool->copy_used < len) {
        struct chunk *fresh = take_copy(pool);
        if (fresh == NULL)
            return NULL;
        if (pool->copying != NULL)
            chunk_unref(pool->copying);
        pool->copying = fresh;
        pool->copy_used = 0;
    }
    return pool->copying->bytes + pool->copy_used;
}

struct slice chunk_copy_done(struct chunk_pool *pool, size_t len)
{
    struct slice slice = {pool->copying, pool->copying->bytes + pool->copy_used, len};
    pool->copy_used += len;
    chunk_ref(pool->copying);
    return slice;
}
