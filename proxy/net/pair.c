/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pair.h"

#include <stdlib.h>

#include "base/panic.h"

enum { CAPACITY = 256 * 1024 };

static struct pair_end *end_of(struct link *link)
{
    return CONTAINER(link, struct pair_end, link);
}

static void wake_delivery(struct pair_end *end)
{
    task_wake(&end->link.loop->reads, &end->deliver);
}

static void pair_flush(struct link *link)
{
    struct pair_end *end = end_of(link);
    struct pair_end *peer = end->peer;
    if (peer == NULL) {
        link_break(link, FAULT(upstream_reset));
        return;
    }
    bool had = !chain_is_empty(&link->out);
    size_t room = peer->capacity > peer->in.len ? peer->capacity - peer->in.len : 0;
    chain_move(&link->out, &peer->in, room);
    wake_delivery(peer);
    if (!chain_is_empty(&link->out))
        return;
    if ((link->marks & LINK_FINISH) != 0 && (link->marks & LINK_FINISHED) == 0) {
        peer->finished = true;
        link_mark(link, LINK_FINISHED);
    }
    if (had && link->user != NULL)
        link->user->drained(link->owner);
}

/* One slice at a time, borrowed, as a socket would hand it over. */
static void pair_deliver(struct task *task)
{
    struct pair_end *end = CONTAINER(task, struct pair_end, deliver);
    struct link *link = &end->link;
    while (!link->closed && !link->paused && !chain_is_empty(&end->in)) {
        struct slice slice = chain_front(&end->in);
        chunk_ref(slice.chunk);
        chain_drop(&end->in, slice.len);
        if (link->user != NULL)
            link->user->input(link->owner, slice);
        chunk_unref(slice.chunk);
    }
    if (link->closed)
        return;
    if (end->peer != NULL && !chain_is_empty(&end->peer->link.out) && end->in.len < end->capacity)
        link_dirty(&end->peer->link);
    if (chain_is_empty(&end->in) && end->finished)
        link_mark(link, LINK_EOF);
}

static void pair_start(struct link *link)
{
    (void)link; /* it reads from the beginning */
}

static void pair_pause(struct link *link, bool pause)
{
    if (!pause)
        wake_delivery(end_of(link));
}

static void pair_free(struct task *task)
{
    struct pair_end *end = CONTAINER(CONTAINER(task, struct link, retire), struct pair_end, link);
    chain_clear(&end->in);
    free(end);
}

static void pair_close(struct link *link, bool reset)
{
    struct pair_end *end = end_of(link);
    struct pair_end *peer = end->peer;
    task_cancel(&end->deliver);
    if (peer != NULL) {
        peer->peer = NULL;
        peer->finished = true;
        if (reset)
            link_break(&peer->link, FAULT(upstream_reset));
        else
            wake_delivery(peer);
    }
    loop_retire(link->loop, &link->retire);
}

static size_t pair_waiting(const struct link *link)
{
    (void)link; /* what doesn't fit at the peer stays in out */
    return 0;
}

static const struct link_ops pair_ops = {pair_flush, pair_start, pair_pause, pair_close, pair_waiting};

static struct pair_end *end_new(struct loop *loop)
{
    struct pair_end *end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    link_init(&end->link, &pair_ops, loop);
    end->link.marks = LINK_OPEN;
    end->link.retire.run = pair_free;
    end->deliver.run = pair_deliver;
    end->capacity = CAPACITY;
    chain_init(&end->in, &loop->chunks);
    return end;
}

bool pair_new(struct loop *loop, struct pair_end *ends[2])
{
    ends[0] = end_new(loop);
    ends[1] = end_new(loop);
    if (ends[0] == NULL || ends[1] == NULL) {
        free(ends[0]);
        free(ends[1]);
        return false;
    }
    ends[0]->peer = ends[1];
    ends[1]->peer = ends[0];
    return true;
}
