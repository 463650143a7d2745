/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/panic.h"
#include "http/h1/wire.h"

/* How long a peer may take none of the bytes that are still its due. */
enum { STALL_MS = 30000 };

/* A server's stream brings its arena, a client's uses that of the exchange. */
struct h1_stream {
    struct stream stream;
    struct arena arena;
    struct h1_reader reader;
};

struct stream *h1_stream_new(struct h1 *h1, struct arena *arena)
{
    struct loop *loop = h1->session.loop;
    struct h1_stream *made = loop_take(loop, sizeof *made);
    if (made == NULL)
        return NULL;
    if (arena == NULL) {
        arena_init_from(&made->arena, 2 * h1->session.settings->header_size + ARENA_SLACK, &loop->arenas);
        arena = &made->arena;
    }
    stream_init(&made->stream, &h1->session, &loop->chunks);
    made->stream.arena = arena;
    h1->head_framed = h1->end_framed = h1->released = h1->chunked = false;
    h1->session.streams++;
    h1->session.active = 1;
    h1->stream = &made->stream;
    h1->reader = &made->reader;
    h1_reader_init(h1);
    return h1->stream;
}

void h1_stream_free(struct h1 *h1)
{
    struct h1_stream *made = (struct h1_stream *)(void *)h1->stream;
    stream_clear(&made->stream);
    if (made->stream.arena == &made->arena)
        arena_clear(&made->arena);
    h1->stream = NULL;
    h1->reader = NULL;
    h1->session.active = 0;
    loop_give(h1->session.loop, made, sizeof *made);
}

void h1_free(struct task *task)
{
    struct h1 *h1 = CONTAINER(task, struct h1, retire);
    h1->session.magic = 0;
    loop_give(h1->session.loop, h1, sizeof *h1);
}

/* Link, stream and keeper are gone: nobody can reach the session any more. */
void h1_retire_when_alone(struct h1 *h1)
{
    if (!h1->closed || h1->stream != NULL || h1->session.keeper != NULL)
        return;
    loop_retire(h1->session.loop, &h1->retire);
}

/* A server's keeper lets go of what its exchanges need, so it hears of the end when the last of them is done. */
void h1_tell_closed(struct h1 *h1)
{
    if (!h1_is_server(h1) || h1->stream == NULL)
        session_mark(&h1->session, SESSION_CLOSED);
}

/* A request that no exchange has taken or will take. */
static bool stream_is_unseen(const struct h1 *h1)
{
    const struct stream *stream = h1->stream;
    return h1_is_server(h1) && stream->task == NULL && !list_is_linked(&stream->fresh);
}

void h1_cut(struct h1 *h1, bool reset)
{
    if (h1->closed)
        return;
    const struct fault *lost = session_lost(&h1->session);
    h1->closed = true;
    wheel_cancel(&h1->session.loop->wheel, &h1->timer);
    task_cancel(&h1->parse);
    task_cancel(&h1->frame);
    chain_clear(&h1->backlog);
    if (reset)
        link_reset(h1->session.link);
    else
        link_close(h1->session.link);
    if (h1->stream != NULL && (h1->released || stream_is_unseen(h1)))
        h1_stream_free(h1);
    else if (h1->stream != NULL)
        stream_fail(h1->stream, RESET, lost);
    h1_tell_closed(h1);
    h1_retire_when_alone(h1);
}

void h1_close(struct h1 *h1)
{
    h1_cut(h1, false);
}

/* Our FIN is sent behind the answer; then the peer's end is awaited. The keeper need not wait for it. */
void h1_linger(struct h1 *h1)
{
    h1->reading = H1_LINGER;
    h1->keep = false;
    h1->owed = SIZE_MAX;
    chain_clear(&h1->backlog);
    link_pause(h1->session.link, false);
    if (h1_is_server(h1))
        link_finish(h1->session.link);
    else
        session_mark(&h1->session, SESSION_CLOSED);
    if ((h1->session.link->marks & LINK_EOF) != 0 && link_backlog(h1->session.link) == 0) {
        h1_close(h1);
        return;
    }
    wheel_set(&h1->session.loop->wheel, &h1->timer, H1_LINGER_MS);
}

static void next_message(struct h1 *h1)
{
    struct loop *loop = h1->session.loop;
    h1->reading = H1_IDLE;
    h1->owed = SIZE_MAX;
    if (!h1_is_server(h1)) {
        session_mark(&h1->session, SESSION_IDLE);
        return;
    }
    if (!chain_is_empty(&h1->backlog))
        task_wake(&loop->reads, &h1->parse);
    wheel_set(&loop->wheel, &h1->timer, h1->session.settings->idle_timeout);
}

/* A message has ended in one direction, or the exchange is done: if it was the last of it, what comes next? */
void h1_settle(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    if (h1->closed || stream == NULL || !h1->end_framed || !h1->released)
        return;
    bool whole = (stream->marks & END_IN) != 0;
    bool reusable = whole && h1->keep && (stream->marks & BAD_IN) == 0 && h1->reading == H1_WAITS &&
                    (h1->session.marks & SESSION_DRAIN) == 0;
    if (!h1_is_server(h1) && !chain_is_empty(&h1->backlog))
        reusable = false; /* bytes that nobody asked for */
    h1_stream_free(h1);
    if (reusable)
        next_message(h1);
    else if (h1_is_server(h1) || link_backlog(h1->session.link) > 0 ||
             (whole && (h1->session.link->marks & LINK_EOF) == 0))
        h1_linger(h1);
    else
        h1_close(h1);
}

/* What comes in is wrong or late. A server may still answer, and then closes; a client's answer is lost. */
void h1_fail(struct h1 *h1, const struct fault *fault)
{
    struct stream *stream = h1->stream;
    h1->session.fault = fault;
    if (stream == NULL || !h1_is_server(h1) || h1->reading == H1_TUNNEL) {
        if (stream != NULL)
            stream_fail(stream, RESET, fault);
        h1_close(h1);
        return;
    }
    h1->reading = H1_LINGER;
    h1->keep = false;
    chain_clear(&h1->backlog);
    stream_fail(stream, BAD_IN, fault);
    if ((stream->marks & HEAD_IN) == 0 && !list_is_linked(&stream->fresh) && stream->task == NULL) {
        list_push(&h1->session.fresh, &stream->fresh);
        session_tell(&h1->session);
    }
}

/* The time between messages or after the last one is over. A peer that still takes what is its due gets the time. */
static void end_idle(struct h1 *h1)
{
    size_t owed = link_backlog(h1->session.link);
    if (owed == 0) {
        h1_close(h1);
    } else if (owed < h1->owed) {
        h1->owed = owed;
        wheel_set(&h1->session.loop->wheel, &h1->timer, STALL_MS);
    } else {
        h1_cut(h1, true); /* so that it doesn't look like a whole answer */
    }
}

void h1_on_timer(struct timer *timer)
{
    struct h1 *h1 = CONTAINER(timer, struct h1, timer);
    switch (h1->reading) {
    case H1_IDLE:
    case H1_LINGER:
        if (h1->stream == NULL)
            end_idle(h1);
        break;
    case H1_HEAD:
        h1_fail(h1, FAULT(header_timeout));
        break;
    case H1_BODY:
        if (h1->session.link->paused)
            wheel_set(&h1->session.loop->wheel, timer, h1->session.settings->body_timeout);
        else
            h1_fail(h1, FAULT(body_timeout));
        break;
    default:
        break;
    }
}
