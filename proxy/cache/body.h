/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a stored answer, while it comes and afterwards. One thread appends; any thread reads what is there already,
 * by reference. References are counted across threads; what was appended never moves nor changes.
 */
#ifndef CACHE_BODY_H
#define CACHE_BODY_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/chain.h"
#include "base/list.h"
#include "http/encoding.h"

struct body_block;
struct cache_window;
struct shard;

/* For held.h: whose limit the memory counts against until it is freed, then settle is called. */
struct body_debt {
    void (*settle)(struct body_debt *debt); /* NULL: nobody's */
    struct shard *shard;
    size_t bytes;
};

enum body_state {
    CACHE_BODY_GROWING,
    CACHE_BODY_WHOLE,
    CACHE_BODY_BROKEN,   /* its end will never come */
    CACHE_BODY_CONTINUES /* in next */
};

struct cache_body {
    _Atomic unsigned refs;
    _Atomic int state;                                /* enum body_state */
    _Atomic size_t len;                               /* bytes that can be read */
    size_t taken;                                     /* bytes of memory; the writer's */
    bool passes;                                      /* new_passing */
    struct body_block *first;                         /* set before the first byte can be read */
    struct body_block *last;                          /* the writer's */
    pthread_mutex_t lock;                             /* of followers */
    struct list followers;                            /* struct body_follower.node */
    _Atomic(struct cache_body *) coded[CODING_COUNT]; /* coded.h; owned */
    _Atomic unsigned coded_claims;
    _Atomic(struct cache_body *) next; /* owned; window.h */
    struct cache_window *window;       /* NULL: it is in none */
    unsigned linked; /* objects of a store that have it; under the shard's lock, as is debt */
    struct body_debt debt;
};

/* Who wants to hear when there is more, or the end. */
struct body_follower {
    struct list_node node;
    void (*tell)(
        struct body_follower *follower); /* in the writer's thread, the body is locked: only pass it on */
};

/* expected: bytes, 0 when it isn't known. One reference; NULL when out of memory. */
struct cache_body *cache_body_new(size_t expected);
struct cache_body *
cache_body_new_passing(size_t size); /* read once and gone: pages of its own would cost more */
struct cache_body *cache_body_ref(struct cache_body *body);
void cache_body_unref(struct cache_body *body);

/* Whether somebody else has a reference to it, or to what it keeps. */
bool cache_body_is_busy(const struct cache_body *body);

/* The writer's. False when out of memory. */
bool cache_body_append(struct cache_body *body, const struct chain *bytes);
void cache_body_end(struct cache_body *body, enum body_state state);

/* Where a reader is; starts as zero. */
struct body_cursor {
    const struct body_block *block;
    size_t at;   /* in the block */
    size_t read; /* in all */
};

/* So many bytes from the start, of those that can be read. */
void cache_body_seek(const struct cache_body *body, struct body_cursor *cursor, size_t bytes);

/* Adds to the chain what can be read at the cursor, at most len bytes, without copying: the chain's slices keep the body.
 * False when out of memory. */
bool cache_body_read(struct cache_body *body, struct body_cursor *cursor, struct chain *out, size_t len);

/* False when there is something to read at the cursor, or the end: then it isn't told. Told at most once. */
bool cache_body_follow(struct cache_body *body, const struct body_cursor *cursor,
                       struct body_follower *follower);
void cache_body_unfollow(struct cache_body *body, struct body_follower *follower);

#endif
