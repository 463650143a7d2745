/* SPDX-License-Identifier: Apache-2.0 */
#include "base/chain.h"

#include "base/panic.h"

static void drop_first(struct chain *chain)
{
    struct chain_link *first = chain->first;
    chain->first = first->next;
    if (chain->first == NULL)
        chain->last = NULL;
    chain->len -= first->slice.len;
    chunk_unref(first->slice.chunk);
    slab_give(&chain->pool->links, first);
}

void chain_clear(struct chain *chain)
{
    while (chain->first != NULL)
        drop_first(chain);
}

/* Two slices that lie side by side in one chunk become one. */
static bool joins_last(struct chain *chain, struct slice slice)
{
    struct chain_link *last = chain->last;
    if (last == NULL || last->slice.chunk != slice.chunk || last->slice.at + last->slice.len != slice.at)
        return false;
    last->slice.len += slice.len;
    chain->len += slice.len;
    chunk_unref(slice.chunk);
    return true;
}

bool chain_push(struct chain *chain, struct slice slice)
{
    if (slice.len == 0 || joins_last(chain, slice)) {
        if (slice.len == 0)
            chunk_unref(slice.chunk);
        return true;
    }
    struct chain_link *link = slab_take(&chain->pool->links);
    if (link == NULL) {
        chunk_unref(slice.chunk);
        return false;
    }
    link->slice = slice;
    if (chain->last == NULL)
        chain->first = link;
    else
        chain->last->next = link;
    chain->last = link;
    chain->len += slice.len;
    return true;
}

bool chain_append(struct chain *chain, struct slice slice)
{
    if (slice.len < SLICE_SHARE_MIN)
        return chain_copy(chain, slice.at, slice.len);
    chunk_ref(slice.chunk);
    return chain_push(chain, slice);
}

bool chain_copy(struct chain *chain, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t piece = len < CHUNK_COPY_SIZE ? len : CHUNK_COPY_SIZE;
        char *room = chunk_copy_room(chain->pool, piece);
        if (room == NULL)
            return false;
        memcpy(room, bytes, piece);
        if (!chain_push(chain, chunk_copy_done(chain->pool, piece)))
            return false;
        bytes += piece;
        len -= piece;
    }
    return true;
}

static bool push_part(struct chain *to, struct slice slice, size_t len)
{
    slice.len = len;
    chunk_ref(slice.chunk);
    return chain_push(to, slice);
}

static void append_link(struct chain *chain, struct chain_link *link)
{
    link->next = NULL;
    if (chain->last == NULL)
        chain->first = link;
    else
        chain->last->next = link;
    chain->last = link;
    chain->len += link->slice.len;
}

static struct chain_link *take_first(struct chain *chain)
{
    struct chain_link *first = chain->first;
    chain->first = first->next;
    if (chain->first == NULL)
        chain->last = NULL;
    chain->len -= first->slice.len;
    return first;
}

size_t chain_move(struct chain *from, struct chain *to, size_t len)
{
    ASSERT(from->pool == to->pool);
    size_t moved = 0;
    while (moved < len && from->first != NULL) {
        size_t piece = from->first->slice.len;
        if (piece <= len - moved) {
            append_link(to, take_first(from));
            moved += piece;
            continue;
        }
        piece = len - moved;
        if (!push_part(to, from->first->slice, piece))
            break;
        chain_drop(from, piece);
        moved += piece;
    }
    return moved;
}

bool chain_share(const struct chain *from, struct chain *to, size_t len)
{
    for (const struct chain_link *link = from->first; link != NULL && len > 0; link = link->next) {
        size_t piece = link->slice.len < len ? link->slice.len : len;
        if (!push_part(to, link->slice, piece))
            return false;
        len -= piece;
    }
    return true;
}

void chain_drop(struct chain *chain, size_t len)
{
    ASSERT(len <= chain->len);
    while (len > 0) {
        struct slice *slice = &chain->first->slice;
        if (slice->len <= len) {
            len -= slice->len;
            drop_first(chain);
            continue;
        }
        slice->at += len;
        slice->len -= len;
        chain->len -= len;
        len = 0;
    }
}
