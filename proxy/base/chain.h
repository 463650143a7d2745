/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain is a queue of slices: bytes go in at the back and out at the front, by reference. It owns one reference for
 * each of its slices. Same thread as its pool.
 */
#ifndef BASE_CHAIN_H
#define BASE_CHAIN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/chunk.h"

struct chain_link {
    struct chain_link *next;
    struct slice slice;
};

struct chain {
    struct chunk_pool *pool;
    struct chain_link *first;
    struct chain_link *last;
    size_t len; /* bytes */
};

static inline void chain_init(struct chain *chain, struct chunk_pool *pool)
{
    *chain = (struct chain){.pool = pool};
}

static inline bool chain_is_empty(const struct chain *chain)
{
    return chain->len == 0;
}

/* Drops everything. */
void chain_clear(struct chain *chain);

/* Takes over the caller's reference. False when out of memory: the reference is dropped then. */
bool chain_push(struct chain *chain, struct slice slice);

/* Appends bytes that are borrowed: a small slice is copied, a large one gets a reference (SLICE_SHARE_MIN). */
bool chain_append(struct chain *chain, struct slice slice);

/* Appends a copy. */
bool chain_copy(struct chain *chain, const char *bytes, size_t len);

/* Moves up to len bytes from the front of one chain to the back of another; both of the same pool. Answers the bytes
 * moved: fewer than asked when from has fewer or memory ran out. */
size_t chain_move(struct chain *from, struct chain *to, size_t len);

/* The same without taking them from the first: both then hold references. */
bool chain_share(const struct chain *from, struct chain *to, size_t len);

/* Forgets len bytes at the front. */
void chain_drop(struct chain *chain, size_t len);

/* The front slice, borrowed; the chain must not be empty. */
static inline struct slice chain_front(const struct chain *chain)
{
    return chain->first->slice;
}

#endif
