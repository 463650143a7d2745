/* SPDX-License-Identifier: Apache-2.0 */
/* How the link and the exchange reach an HTTP/1 session. */
#include "http/h1/wire.h"

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
    if (h1->reading != H1_LINGER || h1->stream != NULL)
        return;
    if ((h1->session.link->marks & LINK_EOF) != 0)
        h1_close(h1);
    else
        wheel_set(&h1->session.loop->wheel, &h1->timer, H1_LINGER_MS);
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
    h1_cut(h1, h1_is_server(h1));
}

static void h1_done(struct stream *stream)
{
    struct h1 *h1 = h1_of(stream->session);
    bool is_whole = (stream->marks & END_IN) != 0 && (h1->end_framed || h1->reading == H1_TUNNEL);
    h1->released = true;
    if (h1->closed) {
        h1_stream_free(h1);
        h1_tell_closed(h1);
        h1_retire_when_alone(h1);
    } else if ((stream->marks & END_OUT) == 0 || (!h1_is_server(h1) && !is_whole)) {
        h1_cut(h1, h1_is_server(h1));
    } else {
        h1_settle(h1);
    }
}

/* A request may be on its way on a connection that is idle here: it is still answered. */
enum { LAST_REQUEST_MS = 1000 };

static void h1_drain(struct session *session)
{
    struct h1 *h1 = h1_of(session);
    session->marks |= SESSION_DRAIN;
    if (h1->closed || h1->stream != NULL || h1->reading != H1_IDLE)
        return;
    if (h1_is_server(h1))
        wheel_set(&session->loop->wheel, &h1->timer, LAST_REQUEST_MS);
    else
        h1_close(h1);
}

/* A server's keeper ends what still runs only when the time to drain is over. */
static void h1_close_session(struct session *session)
{
    struct h1 *h1 = h1_of(session);
    if (h1_is_server(h1) && h1->stream != NULL)
        stream_fail(h1->stream, RESET, FAULT(draining));
    h1_close(h1);
}

static void h1_forgotten(struct session *session)
{
    h1_retire_when_alone(h1_of(session));
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
    h1->timer.fire = h1_on_timer;
    link_use(link, &link_user, h1);
    if (role == SESSION_CLIENT)
        session->marks = SESSION_IDLE;
    else
        wheel_set(&loop->wheel, &h1->timer, settings->header_timeout);
    return session;
}
