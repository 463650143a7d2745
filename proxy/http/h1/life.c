/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/panic.h"
#include "http/h1/wire.h"

/* How long we wait, after our FIN, for the peer's: closing earlier could take the answer from it by a RST. */
enum { LINGER_MS = 2000 };

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
        arena_init(&made->arena, 2 * h1->session.settings->header_size + ARENA_SLACK);
        arena = &made->arena;
    }
    stream_init(&made->stream, &h1->session, &loop->chunks);
    made->stream.arena = arena;
    h1->head_framed = h1->end_framed = h1->released = h1->chunked = false;
    h1->session.streams++;
    h1->stream = &made->stream;
    h1->reader = &made->reader;
    h1_reader_init(h1);
    return h1->stream;
}

static void stream_free(struct h1 *h1)
{
    struct h1_stream *made = (struct h1_stream *)(void *)h1->stream;
    stream_clear(&made->stream);
    if (made->stream.arena == &made->arena)
        arena_clear(&made->arena);
    h1->stream = NULL;
    h1->reader = NULL;
    loop_give(h1->session.loop, made, sizeof *made);
}

static void h1_free(struct task *task)
{
    struct h1 *h1 = CONTAINER(task, struct h1, retire);
    h1->session.magic = 0;
    loop_give(h1->session.loop, h1, sizeof *h1);
}

/* Link, stream and keeper are gone: nobody can reach the session any more. */
static void retire_when_alone(struct h1 *h1)
{
    if (!h1->closed || h1->stream != NULL || h1->session.keeper != NULL)
        return;
    loop_retire(h1->session.loop, &h1->retire);
}

/* A server's keeper lets go of what its exchanges need, so it hears of the end when the last of them is done. */
static void tell_closed(struct h1 *h1)
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

static void cut(struct h1 *h1, bool reset)
{
    if (h1->closed)
        return;
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
        stream_free(h1);
    else if (h1->stream != NULL)
        stream_fail(h1->stream, RESET, h1_is_server(h1) ? FAULT(client_gone) : FAULT(upstream_reset));
    tell_closed(h1);
    retire_when_alone(h1);
}

void h1_close(struct h1 *h1)
{
    cut(h1, false);
}

/* Our FIN is sent behind the answer; then the peer's end is awaited. The keeper need not wait for it. */
static void linger(struct h1 *h1)
{
    h1->reading = H1_LINGER;
    h1->keep = false;
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
    wheel_set(&h1->session.loop->wheel, &h1->timer, LINGER_MS);
}

static void next_message(struct h1 *h1)
{
    struct loop *loop = h1->session.loop;
    h1->reading = H1_IDLE;
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
    stream_free(h1);
    if (reusable)
        next_message(h1);
    else if (h1_is_server(h1) || link_backlog(h1->session.link) > 0 ||
             (whole && (h1->session.link->marks & LINK_EOF) == 0))
        linger(h1);
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

static void on_timer(struct timer *timer)
{
    struct h1 *h1 = CONTAINER(timer, struct h1, timer);
    switch (h1->reading) {
    case H1_IDLE:
    case H1_LINGER:
        if (h1->stream == NULL)
            h1_close(h1);
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

static void on_input(void *user, struct slice slice)
{
    h1_read(user, slice);
}

static void on_marked(void *user)
{
    struct h1 *h1 = user;
    struct link *link = h1->session.link;
    if (h1->closed)
        return;
    if ((link->marks & LINK_BROKEN) != 0) {
        if (h1->stream != NULL && !h1_is_server(h1))
            stream_fail(h1->stream, RESET, FAULT(upstream_reset));
        h1_close(h1);
    } else if ((link->marks & LINK_EOF) != 0 && h1->reading == H1_LINGER && h1->stream == NULL &&
               link_backlog(link) == 0) {
        h1_close(h1);
    } else if ((link->marks & LINK_EOF) != 0 && h1->reading != H1_LINGER) {
        h1_read_end(h1);
    }
}

static void on_drained(void *user)
{
    struct h1 *h1 = user;
    if (h1->stream != NULL && h1->stream->starved) {
        h1->stream->starved = false;
        stream_wake(h1->stream);
    }
    if (h1->reading == H1_LINGER && h1->stream == NULL && (h1->session.link->marks & LINK_EOF) != 0)
        h1_close(h1);
}

static const struct link_user link_user = {on_input, on_marked, on_drained};

static struct stream *h1_open(struct session *session, struct arena *arena)
{
    struct h1 *h1 = h1_of(session);
    if (h1->closed || h1->stream != NULL)
        return NULL;
    if (h1_stream_new(h1, arena) != NULL)
        session->marks &= ~(unsigned)SESSION_IDLE;
    return h1->stream;
}

static void h1_output(struct stream *stream)
{
    struct h1 *h1 = h1_of(stream->session);
    task_wake(&h1->session.loop->dirty, &h1->frame);
}

static size_t h1_room(const struct stream *stream)
{
    size_t held = stream->out.len + link_backlog(stream->session->link);
    return held < STREAM_ROOM ? STREAM_ROOM - held : 0;
}

static void h1_consumed(struct stream *stream)
{
    struct h1 *h1 = h1_of(stream->session);
    if (!h1->closed && h1->session.link->paused && h1->backlog.len + stream->in.len < STREAM_ROOM / 2)
        link_pause(h1->session.link, false);
}

static void h1_abort(struct stream *stream)
{
    struct h1 *h1 = h1_of(stream->session);
    cut(h1, h1_is_server(h1));
}

static void h1_done(struct stream *stream)
{
    struct h1 *h1 = h1_of(stream->session);
    bool is_whole = (stream->marks & END_IN) != 0 && (h1->end_framed || h1->reading == H1_TUNNEL);
    h1->released = true;
    if (h1->closed) {
        stream_free(h1);
        tell_closed(h1);
        retire_when_alone(h1);
    } else if ((stream->marks & END_OUT) == 0 || (!h1_is_server(h1) && !is_whole)) {
        cut(h1, h1_is_server(h1));
    } else {
        h1_settle(h1);
    }
}

static void h1_drain(struct session *session)
{
    struct h1 *h1 = h1_of(session);
    session->marks |= SESSION_DRAIN;
    if (h1->stream == NULL && h1->reading == H1_IDLE)
        h1_close(h1);
}

static void h1_close_session(struct session *session)
{
    h1_close(h1_of(session));
}

static void h1_forgotten(struct session *session)
{
    retire_when_alone(h1_of(session));
}

static const struct session_ops h1_ops = {
    .protocol = "HTTP/1.1",
    .open = h1_open,
    .output = h1_output,
    .room = h1_room,
    .consumed = h1_consumed,
    .abort = h1_abort,
    .done = h1_done,
    .drain = h1_drain,
    .close = h1_close_session,
    .forgotten = h1_forgotten,
};

struct session *h1_new(struct link *link, enum session_role role, const struct http_settings *settings,
                       struct keeper *keeper)
{
    struct loop *loop = link->loop;
    struct h1 *h1 = loop_take(loop, sizeof *h1);
    if (h1 == NULL)
        return NULL;
    struct session *session = &h1->session;
    *session = (struct session){.magic = SESSION_MAGIC,
                                .role = role,
                                .ops = &h1_ops,
                                .loop = loop,
                                .link = link,
                                .keeper = keeper,
                                .settings = settings};
    list_init(&session->fresh);
    chain_init(&h1->backlog, &loop->chunks);
    h1->parse.run = h1_parse_backlog;
    h1->frame.run = h1_write;
    h1->retire.run = h1_free;
    h1->timer.fire = on_timer;
    link_use(link, &link_user, h1);
    if (role == SESSION_CLIENT)
        session->marks = SESSION_IDLE;
    else
        wheel_set(&loop->wheel, &h1->timer, settings->header_timeout);
    return session;
}
