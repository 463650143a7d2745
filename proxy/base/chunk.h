/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chunk is a reference-counted block of bytes; a slice is a view into one. Chunks come from the pool of a loop and
 * belong to its thread. Written once: bytes that a slice shows never change while it lives.
 *
 * The pool keeps one chunk open to read into and one to copy small things into, so that many small pieces share a chunk
 * and an idle connection owns none.
 */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H

#include <stdint.h>

#include "base/slab.h"
#include "base/text.h"

enum {
    CHUNK_READ_SIZE = 128 * 1024, /* bytes of a chunk that links read into */
    CHUNK_READ_MIN = 64 * 1024,   /* room that a read is offered at least */
    CHUNK_COPY_SIZE = 16 * 1024,  /* bytes of a chunk for heads and small copies */
    SLICE_SHARE_MIN = 1024        /* smaller pieces are copied, so that they don't pin a chunk */
};

struct chunk_pool;

struct chunk {
    uint32_t refs;
    uint32_t size; /* bytes */
    struct chunk_pool *pool;
    struct chunk *next;          /* in the pool's spare list */
    void (*let_go)(void *owner); /* NULL: the bytes are its own */
    void *owner;
    char bytes[];
};

/* A view of len bytes; one that is held owns one reference to its chunk, one that is passed borrows it. */
struct slice {
    struct chunk *chunk;
    const char *at;
    size_t len;
};

struct chunk_pool {
    struct chunk *spare_read; /* freed, for the next one */
    struct chunk *spare_copy;
    unsigned spares_read, spares_copy;
    struct chunk *reading; /* open for reads */
    size_t read_used;
    struct chunk *copying; /* open for copies */
    size_t copy_used;
    size_t bytes;        /* of all live chunks, spare ones too */
    struct slab links;   /* nodes of chains */
    struct slab borrows; /* chunks without bytes */
};

void chunk_pool_init(struct chunk_pool *pool);

/* Every chunk must have been given back. */
void chunk_pool_clear(struct chunk_pool *pool);

/* A chunk of its own for at least size bytes, one reference; NULL when out of memory. */
struct chunk *chunk_new(struct chunk_pool *pool, size_t size);

/* A chunk without bytes, one reference: slices of it show the owner's, and let_go is told when none are left. NULL when
 * out of memory: let_go was told then. */
struct chunk *chunk_borrow(struct chunk_pool *pool, void *owner, void (*let_go)(void *owner));

static inline void chunk_ref(struct chunk *chunk)
{
    chunk->refs++;
}

void chunk_free_(struct chunk *chunk);

static inline void chunk_unref(struct chunk *chunk)
{
    if (--chunk->refs == 0)
        chunk_free_(chunk);
}

/* Where the next read may put its bytes: *room is CHUNK_READ_MIN or more. NULL when out of memory. */
char *chunk_read_room(struct chunk_pool *pool, size_t *room);

/* The len bytes that were read there, borrowed. When nobody takes a reference before the next read, it reuses them. */
struct slice chunk_read_done(struct chunk_pool *pool, size_t len);

/* Room for len bytes at most CHUNK_COPY_SIZE to write something into; NULL when out of memory. */
char *chunk_copy_room(struct chunk_pool *pool, size_t len);

/* The len bytes that were written there; the caller owns the reference. */
struct slice chunk_copy_done(struct chunk_pool *pool, size_t len);

#endif
