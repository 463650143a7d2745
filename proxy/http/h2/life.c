/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"
#include "http/h2/wire.h"

enum {
    STALL_MS = 30000, /* a peer may take none of the bytes that are its due for so long */
    PING_MS = 15000,  /* an upstream may be silent for so long, and then once more before it answers a PING */
    LAST_REQUEST_MS = 1000, /* requests may be on their way when we say that the end is near */
    LINGER_MS = 2000        /* for the peer's end, after ours */
};

struct h2_stream *h2_stream_new(struct h2 *h2, struct arena *arena)
{
    struct loop *loop = h2->session.loop;
    struct h2_stream *made = loop_take(loop, sizeof *made);
    if (made == NULL)
        return NULL;
    if (arena == NULL) {
        arena_init_from(&made->arena, 2 * h2->session.settings->header_size + ARENA_SLACK, &loop->arenas);
        arena = &made->arena;
    }
    stream_init(&made->stream, &h2->session, &loop->chunks);
    made->stream.arena = arena;
    made->timer.fire = h2_on_stream_timer;
    list_push(&h2->streams, &made->node);
    h2->session.streams++;
    h2->session.active++;
    return made;
}

void h2_stream_free(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    struct loop *loop = h2->session.loop;
    if (h2->reading == stream)
        h2->reading = NULL;
    wheel_cancel(&loop->wheel, &stream->timer);
    if (!stream->gone)
        h2->session.active--;
    list_remove(&stream->node);
    list_remove(&stream->todo);
    stream_clear(&stream->stream);
    if (stream->stream.arena == &stream->arena)
        arena_clear(&stream->arena);
    loop_give(loop, stream, sizeof *stream);
}

void h2_stream_gone(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->gone)
        return;
    stream->gone = true;
    h2->session.active--;
    wheel_cancel(&h2->session.loop->wheel, &stream->timer);
}

/* A request that no exchange has taken or will take. */
static bool is_unseen(const struct h2_stream *stream)
{
    return h2_is_server(h2_owner(stream)) && stream->stream.task == NULL &&
           !list_is_linked(&stream->stream.fresh);
}

void h2_stream_settle(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    bool known = stream->id != 0 && !stream->gone && !h2->closed;
    if (known || !(stream->released || is_unseen(stream)))
        return;
    h2_stream_free(stream);
    h2_settle(h2);
}

static uint64_t patience_of(const struct h2_stream *stream)
{
    const struct stream *common = &stream->stream;
    if (!h2_is_server(h2_owner(stream)) || stream->gone)
        return 0;
    if (stream->released)
        return STALL_MS;
    bool awaits = (common->marks & (HEAD_IN | END_IN | BAD_IN | RESET)) == HEAD_IN && !stream->tunnel;
    return awaits ? common->session->settings->body_timeout : 0;
}

void h2_stream_time(struct h2_stream *stream)
{
    struct wheel *wheel = &stream->stream.session->loop->wheel;
    uint64_t patience = patience_of(stream);
    if (patience == 0)
        wheel_cancel(wheel, &stream->timer);
    else
        wheel_set(wheel, &stream->timer, patience);
}

void h2_on_stream_timer(struct timer *timer)
{
    struct h2_stream *stream = CONTAINER(timer, struct h2_stream, timer);
    size_t owed = stream->stream.out.len;
    if (stream->released && owed < stream->owed) {
        stream->owed = owed;
        h2_stream_time(stream);
    } else if (stream->released) {
        h2_reset(stream, NGHTTP2_CANCEL); /* so that it doesn't look like a whole answer */
    } else if (!chain_is_empty(&stream->stream.in)) {
        h2_stream_time(stream); /* it is not the client that is slow */
    } else {
        stream_fail(&stream->stream, BAD_IN, FAULT(body_timeout));
    }
}

void h2_reset(struct h2_stream *stream, uint32_t code)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->id == 0 || stream->gone || h2->closed)
        return;
    stream->ours = true;
    nghttp2_submit_rst_stream(h2->ng, NGHTTP2_FLAG_NONE, stream->id, code);
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

void h2_free(struct task *task)
{
    struct h2 *h2 = CONTAINER(task, struct h2, retire);
    nghttp2_session_del(h2->ng);
    h2->session.magic = 0;
    loop_give(h2->session.loop, h2, sizeof *h2);
}

void h2_retire_when_alone(struct h2 *h2)
{
    if (!h2->closed || !list_is_empty(&h2->streams) || h2->session.keeper != NULL)
        return;
    loop_retire(h2->session.loop, &h2->retire);
}

/* A server's keeper lets go of what its exchanges need, so it hears of the end when the last of them is done. */
void h2_tell_closed(struct h2 *h2)
{
    if (!h2_is_server(h2) || list_is_empty(&h2->streams))
        session_mark(&h2->session, SESSION_CLOSED);
}

void h2_stream_lose(struct h2_stream *stream, const struct fault *fault)
{
    h2_stream_gone(stream);
    if (stream->released || is_unseen(stream))
        h2_stream_free(stream);
    else
        stream_fail(&stream->stream, RESET, fault);
}

/* An Upgrade that the peer does not know, or no memory. */
void h2_fail_stream(struct h2_stream *stream)
{
    bool server = h2_is_server(h2_owner(stream));
    h2_reset(stream, NGHTTP2_INTERNAL_ERROR);
    if (stream->released)
        return;
    stream_fail(&stream->stream, RESET, server ? FAULT(out_of_memory) : FAULT(upgrade_failed));
}

void h2_cut(struct h2 *h2, const struct fault *fault, bool reset)
{
    if (h2->closed)
        return;
    h2->closed = true;
    if (h2->session.fault == NULL)
        h2->session.fault = fault;
    wheel_cancel(&h2->session.loop->wheel, &h2->timer);
    task_cancel(&h2->frame);
    if (reset)
        link_reset(h2->session.link);
    else
        link_close(h2->session.link);
    const struct fault *ending = h2_is_server(h2) ? FAULT(client_gone) : FAULT(upstream_reset);
    LIST_EACH_SAFE(&h2->streams, node)
    h2_stream_lose(CONTAINER(node, struct h2_stream, node), ending);
    h2_tell_closed(h2);
    h2_retire_when_alone(h2);
}

void h2_go_away(struct h2 *h2, bool now)
{
    if (h2->closed || h2->goaway)
        return;
    if (now) {
        h2->goaway = true;
        int32_t last = nghttp2_session_get_last_proc_stream_id(h2->ng);
        nghttp2_submit_goaway(h2->ng, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
    } else {
        nghttp2_submit_shutdown_notice(h2->ng);
    }
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

/* What is owed, GOAWAY last, then our FIN, then the peer's end. */
static void finish(struct h2 *h2)
{
    h2_go_away(h2, true);
    h2->finishing = true;
    if (!h2_is_server(h2))
        session_mark(&h2->session, SESSION_CLOSED);
    task_wake(&h2->session.loop->dirty, &h2->frame);
    h2_set_timer(h2);
}

/* Tells whoever opens streams that it may again, or that none are left. */
static void offer(struct h2 *h2)
{
    bool had_room = (h2->session.marks & SESSION_IDLE) != 0;
    if (h2_is_server(h2) || !h2_has_room(h2) || (had_room && h2->session.active > 0))
        return;
    h2->session.marks |= SESSION_IDLE;
    session_tell(&h2->session);
}

void h2_settle(struct h2 *h2)
{
    if (h2->closed) {
        h2_tell_closed(h2);
        h2_retire_when_alone(h2);
        return;
    }
    if (h2->session.active == 0 && h2->goaway && !h2->finishing)
        finish(h2);
    else if (h2->session.active == 0 && (h2->session.marks & SESSION_DRAIN) != 0 && !h2_is_server(h2))
        finish(h2);
    offer(h2);
    h2_set_timer(h2);
}

/* What the session's timer is for. */
static enum h2_await awaited(const struct h2 *h2)
{
    if (h2->finishing)
        return H2_AWAIT_END;
    if (!h2_is_server(h2))
        return h2->session.active > 0 ? H2_AWAIT_PEER : H2_AWAIT_NOTHING;
    if (h2->in_head || !h2->has_preface)
        return H2_AWAIT_HEAD;
    if ((h2->session.marks & SESSION_DRAIN) != 0 && !h2->goaway)
        return H2_AWAIT_LAST;
    return h2->session.active == 0 ? H2_AWAIT_REQUEST : H2_AWAIT_NOTHING;
}

static uint64_t patience_for(const struct h2 *h2)
{
    switch (h2->awaits) {
    case H2_AWAIT_END:
        return LINGER_MS;
    case H2_AWAIT_PEER:
        return PING_MS;
    case H2_AWAIT_HEAD:
        return h2->session.settings->header_timeout;
    case H2_AWAIT_LAST:
        return LAST_REQUEST_MS;
    case H2_AWAIT_REQUEST:
        return h2->session.settings->idle_timeout;
    case H2_AWAIT_NOTHING:
        break;
    }
    return 0;
}

static void arm(struct h2 *h2)
{
    struct wheel *wheel = &h2->session.loop->wheel;
    uint64_t patience = patience_for(h2);
    if (patience == 0)
        wheel_cancel(wheel, &h2->timer);
    else
        wheel_set(wheel, &h2->timer, patience);
}

/* What is awaited already keeps its time. */
void h2_set_timer(struct h2 *h2)
{
    enum h2_await awaits = awaited(h2);
    if (awaits == h2->awaits || h2->closed)
        return;
    h2->awaits = awaits;
    h2->owed = SIZE_MAX;
    arm(h2);
}

/* A peer that still takes what is its due gets the time. */
static void end_idle(struct h2 *h2)
{
    size_t owed = link_backlog(h2->session.link);
    bool moves = owed > 0 && owed < h2->owed;
    h2->owed = owed;
    if (moves)
        wheel_set(&h2->session.loop->wheel, &h2->timer, STALL_MS);
    else if (h2->finishing || owed > 0)
        h2_cut(h2, NULL, owed > 0);
    else
        finish(h2);
}

static void ask_peer(struct h2 *h2)
{
    if (!h2->heard && h2->pinged) {
        h2_cut(h2, FAULT(upstream_reset), true);
        return;
    }
    if (!h2->heard) {
        h2->pinged = true;
        nghttp2_submit_ping(h2->ng, NGHTTP2_FLAG_NONE, NULL);
        task_wake(&h2->session.loop->dirty, &h2->frame);
    }
    h2->heard = false;
    arm(h2);
}

void h2_on_timer(struct timer *timer)
{
    struct h2 *h2 = CONTAINER(timer, struct h2, timer);
    switch (h2->awaits) {
    case H2_AWAIT_HEAD:
        h2_cut(h2, FAULT(header_timeout), false);
        break;
    case H2_AWAIT_LAST:
        h2_go_away(h2, true);
        h2_settle(h2);
        break;
    case H2_AWAIT_PEER:
        ask_peer(h2);
        break;
    case H2_AWAIT_END:
    case H2_AWAIT_REQUEST:
        end_idle(h2);
        break;
    case H2_AWAIT_NOTHING:
        break;
    }
}
