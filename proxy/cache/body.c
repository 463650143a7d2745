/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/body.h"

#include <stdlib.h>

#include "base/panic.h"
#include "base/sendable.h"
#include "cache/window.h"

enum { BLOCK_FIRST = 16 * 1024, BLOCK_LAST = 256 * 1024 };

struct body_block {
    _Atomic(struct body_block *) next;
    size_t size;
    size_t used; /* the writer's; readers go by the body's len */
    char *bytes; /* behind it, or sendable */
    char own[];
};

static struct body_block *block_new(struct cache_body *body, size_t size)
{
    char *bytes = size >= SENDABLE_MIN && !body->passes ? sendable_take(size) : NULL;
    struct body_block *block = malloc(sizeof *block + (bytes == NULL ? size : 0));
    if (block == NULL && bytes != NULL)
        sendable_give(bytes, size);
    if (block == NULL)
        return NULL;
    block->bytes = bytes == NULL ? block->own : bytes;
    block->size = size;
    block->used = 0;
    atomic_init(&block->next, NULL);
    body->taken += sizeof *block + size;
    return block;
}

static void block_free(struct body_block *block)
{
    if (block->bytes != block->own)
        sendable_give(block->bytes, block->size);
    free(block);
}

static struct cache_body *body_new(size_t expected, bool passes)
{
    struct cache_body *body = calloc(1, sizeof *body);
    if (body == NULL)
        return NULL;
    atomic_init(&body->refs, 1);
    atomic_init(&body->state, CACHE_BODY_GROWING);
    atomic_init(&body->len, 0);
    list_init(&body->followers);
    pthread_mutex_init(&body->lock, NULL);
    body->taken = sizeof *body;
    body->passes = passes;
    body->first = body->last = block_new(body, expected > 0 ? expected : BLOCK_FIRST);
    if (body->first != NULL)
        return body;
    cache_body_unref(body);
    return NULL;
}

struct cache_body *cache_body_new(size_t expected)
{
    return body_new(expected, false);
}

struct cache_body *cache_body_new_passing(size_t size)
{
    return body_new(size, true);
}

struct cache_body *cache_body_ref(struct cache_body *body)
{
    atomic_fetch_add_explicit(&body->refs, 1, memory_order_relaxed);
    return body;
}

static void body_free(struct cache_body *body)
{
    ASSERT(list_is_empty(&body->followers));
    for (int i = 0; i < CODING_COUNT; i++)
        cache_body_unref(atomic_load_explicit(&body->coded[i], memory_order_relaxed));
    for (struct body_block *block = body->first; block != NULL;) {
        struct body_block *next = atomic_load_explicit(&block->next, memory_order_relaxed);
        block_free(block);
        block = next;
    }
    if (body->window != NULL)
        cache_window_freed(body->window);
    if (body->debt.settle != NULL)
        body->debt.settle(&body->debt);
    pthread_mutex_destroy(&body->lock);
    free(body);
}

/* Of a chain, as many as nobody else has. */
void cache_body_unref(struct cache_body *body)
{
    while (body != NULL && atomic_fetch_sub_explicit(&body->refs, 1, memory_order_acq_rel) == 1) {
        struct cache_body *next = atomic_load_explicit(&body->next, memory_order_acquire);
        body_free(body);
        body = next;
    }
}

bool cache_body_is_busy(const struct cache_body *body)
{
    if (atomic_load_explicit(&body->refs, memory_order_acquire) > 1)
        return true;
    for (int i = 0; i < CODING_COUNT; i++) {
        const struct cache_body *coded = atomic_load_explicit(&body->coded[i], memory_order_acquire);
        if (coded != NULL && atomic_load_explicit(&coded->refs, memory_order_acquire) > 1)
            return true;
    }
    return false;
}

/* Each is told once, and off the list then. */
static void tell_followers(struct cache_body *body)
{
    pthread_mutex_lock(&body->lock);
    LIST_EACH_SAFE(&body->followers, node)
    {
        list_remove(node);
        struct body_follower *follower = CONTAINER(node, struct body_follower, node);
        follower->tell(follower);
    }
    pthread_mutex_unlock(&body->lock);
}

static bool make_room(struct cache_body *body)
{
    size_t size = body->last->size < BLOCK_FIRST ? BLOCK_FIRST : body->last->size * 2;
    struct body_block *block = block_new(body, size < BLOCK_LAST ? size : BLOCK_LAST);
    if (block == NULL)
        return false;
    atomic_store_explicit(&body->last->next, block, memory_order_release);
    body->last = block;
    return true;
}

static bool append(struct cache_body *body, struct slice slice)
{
    while (slice.len > 0) {
        struct body_block *block = body->last;
        size_t room = block->size - block->used;
        size_t piece = slice.len < room ? slice.len : room;
        memcpy(block->bytes + block->used, slice.at, piece);
        block->used += piece;
        slice.at += piece;
        slice.len -= piece;
        if (slice.len > 0 && !make_room(body))
            return false;
    }
    return true;
}

bool cache_body_append(struct cache_body *body, const struct chain *bytes)
{
    for (const struct chain_link *link = bytes->first; link != NULL; link = link->next)
        if (!append(body, link->slice))
            return false;
    atomic_fetch_add_explicit(&body->len, bytes->len, memory_order_release);
    tell_followers(body);
    return true;
}

void cache_body_end(struct cache_body *body, enum body_state state)
{
    atomic_store_explicit(&body->state, (int)state, memory_order_release);
    tell_followers(body);
}

static void let_go(void *owner)
{
    cache_body_unref(owner);
}

/* The next piece that lies in one block. */
static struct text piece_at(const struct cache_body *body, struct body_cursor *cursor, size_t most)
{
    if (cursor->block == NULL)
        cursor->block = body->first;
    if (cursor->at == cursor->block->size) {
        cursor->block = atomic_load_explicit(&cursor->block->next, memory_order_acquire);
        cursor->at = 0;
    }
    size_t len = cursor->block->size - cursor->at;
    return (struct text){cursor->block->bytes + cursor->at, len < most ? len : most};
}

void cache_body_seek(const struct cache_body *body, struct body_cursor *cursor, size_t bytes)
{
    *cursor = (struct body_cursor){.block = body->first, .at = bytes, .read = bytes};
    while (cursor->at > cursor->block->size) {
        cursor->at -= cursor->block->size;
        cursor->block = atomic_load_explicit(&cursor->block->next, memory_order_acquire);
    }
}

bool cache_body_read(struct cache_body *body, struct body_cursor *cursor, struct chain *out, size_t len)
{
    size_t there = atomic_load_explicit(&body->len, memory_order_acquire) - cursor->read;
    size_t wanted = len < there ? len : there;
    if (wanted == 0)
        return true;
    struct chunk *chunk = chunk_borrow(out->pool, cache_body_ref(body), let_go);
    bool fine = chunk != NULL;
    while (fine && wanted > 0) {
        struct text piece = piece_at(body, cursor, wanted);
        chunk_ref(chunk);
        fine = chain_push(out, (struct slice){chunk, piece.at, piece.len});
        cursor->at += piece.len;
        cursor->read += piece.len;
        wanted -= piece.len;
    }
    if (chunk != NULL)
        chunk_unref(chunk);
    return fine;
}

static bool is_behind(const struct cache_body *body, const struct body_cursor *cursor)
{
    return atomic_load_explicit(&body->len, memory_order_acquire) > cursor->read ||
           atomic_load_explicit(&body->state, memory_order_acquire) != CACHE_BODY_GROWING;
}

bool cache_body_follow(struct cache_body *body, const struct body_cursor *cursor,
                       struct body_follower *follower)
{
    pthread_mutex_lock(&body->lock);
    bool waits = !is_behind(body, cursor);
    if (waits && !list_is_linked(&follower->node))
        list_push(&body->followers, &follower->node);
    pthread_mutex_unlock(&body->lock);
    return waits;
}

void cache_body_unfollow(struct cache_body *body, struct body_follower *follower)
{
    pthread_mutex_lock(&body->lock);
    list_remove(&follower->node);
    pthread_mutex_unlock(&body->lock);
}
