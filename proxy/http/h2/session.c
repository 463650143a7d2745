/* SPDX-License-Identifier: Apache-2.0 */
/* How the link and the exchange reach an HTTP/2 session. */
#include <pthread.h>

#include "http/h2/wire.h"

static void on_input(void *user, struct slice slice)
{
    h2_read(user, slice);
}

static void on_marked(void *user)
{
    struct h2 *h2 = user;
    unsigned marks = h2->session.link->marks;
    bool over = (marks & (LINK_BROKEN | LINK_EOF)) != 0;
    if (over && !h2_is_server(h2) && !h2->has_preface)
        h2->session.mismatch = MISMATCH_SILENT;
    if ((marks & LINK_BROKEN) != 0)
        h2_cut(h2, NULL, false);
    else if ((marks & LINK_EOF) != 0)
        h2_cut(h2, NULL, link_backlog(h2->session.link) > 0); /* HTTP/2 knows no half-closed connection */
}

static void on_drained(void *user)
{
    struct h2 *h2 = user;
    if (nghttp2_session_want_write(h2->ng) != 0)
        task_wake(&h2->session.loop->dirty, &h2->frame);
}

static const struct link_user link_user = {on_input, on_marked, on_drained};

bool h2_has_room(const struct h2 *h2)
{
    if (h2->closed || h2->goaway || (h2->session.marks & (SESSION_DRAIN | SESSION_CLOSED)) != 0)
        return false;
    uint32_t theirs = nghttp2_session_get_remote_settings(h2->ng, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return h2->session.active < (theirs < H2_STREAMS ? theirs : H2_STREAMS) &&
           nghttp2_session_check_request_allowed(h2->ng) != 0;
}

static struct stream *h2_open(struct session *session, struct arena *arena)
{
    struct h2 *h2 = h2_of(session);
    struct h2_stream *stream = h2_has_room(h2) ? h2_stream_new(h2, arena) : NULL;
    if (!h2_has_room(h2))
        session->marks &= ~(unsigned)SESSION_IDLE;
    h2_set_timer(h2);
    return stream == NULL ? NULL : &stream->stream;
}

static void h2_output(struct stream *stream)
{
    h2_note(h2_stream_of(stream));
}

static size_t h2_room(const struct stream *stream)
{
    return stream->out.len < H2_STREAM_ROOM ? H2_STREAM_ROOM - stream->out.len : 0;
}

/* The window of a stream whose bytes are taken grows. */
static void grow_window(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->window_grown)
        return;
    stream->window_grown = true;
    nghttp2_session_set_local_window_size(h2->ng, NGHTTP2_FLAG_NONE, stream->id, H2_WINDOW_TAKEN);
}

static void h2_consumed(struct stream *common)
{
    struct h2_stream *stream = h2_stream_of(common);
    struct h2 *h2 = h2_owner(stream);
    size_t taken = stream->unreturned - common->in.len;
    if (h2->closed || stream->gone || taken == 0)
        return;
    stream->unreturned -= taken;
    nghttp2_session_consume_stream(h2->ng, stream->id, taken);
    if ((common->marks & END_IN) == 0)
        grow_window(stream);
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

static void h2_abort(struct stream *common)
{
    struct h2_stream *stream = h2_stream_of(common);
    chain_clear(&common->out);
    h2_reset(stream, h2_is_server(h2_owner(stream)) ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL);
    stream_fail(common, RESET, FAULT(client_gone));
}

/* What of it is still under way ends: the rest of a request that nobody reads, an answer that nobody wants. */
static void give_up(struct h2_stream *stream)
{
    bool server = h2_is_server(h2_owner(stream));
    unsigned marks = stream->stream.marks;
    if ((marks & END_OUT) == 0)
        h2_reset(stream, server ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL);
    else if (!server && ((marks & END_IN) == 0 || !stream->end_framed))
        h2_reset(stream, NGHTTP2_CANCEL);
    else if (server && (marks & END_IN) == 0 && stream->end_framed)
        h2_reset(stream, NGHTTP2_NO_ERROR);
}

static void h2_done(struct stream *common)
{
    struct h2_stream *stream = h2_stream_of(common);
    struct h2 *h2 = h2_owner(stream);
    stream->released = true;
    stream->owed = SIZE_MAX;
    chain_clear(&common->in);
    h2_consumed(common);
    give_up(stream);
    if (!h2_is_server(h2)) {
        chain_clear(&common->out);
        common->arena = NULL; /* the exchange's, which ends */
    }
    h2_stream_time(stream);
    h2_stream_settle(stream);
}

static void h2_drain(struct session *session)
{
    struct h2 *h2 = h2_of(session);
    if ((session->marks & SESSION_DRAIN) != 0 || h2->closed)
        return;
    session->marks |= SESSION_DRAIN;
    session->marks &= ~(unsigned)SESSION_IDLE;
    if (h2_is_server(h2))
        h2_go_away(h2, false);
    h2_settle(h2);
}

/* A server's keeper ends what still runs only when the time to drain is over. */
static void h2_close_session(struct session *session)
{
    struct h2 *h2 = h2_of(session);
    LIST_EACH(&h2->streams, node)
    {
        struct stream *stream = &CONTAINER(node, struct h2_stream, node)->stream;
        if (h2_is_server(h2) && stream->fault == NULL)
            stream->fault = FAULT(draining);
    }
    h2_cut(h2, NULL, false);
}

static void h2_forgotten(struct session *session)
{
    h2_retire_when_alone(h2_of(session));
}

static const struct session_ops h2_ops = {
    .protocol = "HTTP/2.0",
    .multiplexes = true,
    .open = h2_open,
    .output = h2_output,
    .room = h2_room,
    .consumed = h2_consumed,
    .abort = h2_abort,
    .done = h2_done,
    .drain = h2_drain,
    .close = h2_close_session,
    .forgotten = h2_forgotten,
};

static nghttp2_option *options;

/* Live as long as the process. */
static void make_options(void)
{
    if (nghttp2_option_new(&options) != 0)
        return;
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_peer_max_concurrent_streams(options, H2_STREAMS);
    nghttp2_option_set_builtin_recv_extension_type(options, NGHTTP2_PRIORITY_UPDATE);
}

static bool begin(struct h2 *h2)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_options);
    nghttp2_session_callbacks *callbacks = h2_callbacks();
    if (options == NULL || callbacks == NULL)
        return false;
    nghttp2_mem memory = h2_memory(h2->session.loop);
    return (h2_is_server(h2) ? nghttp2_session_server_new3(&h2->ng, callbacks, h2, options, &memory)
                             : nghttp2_session_client_new3(&h2->ng, callbacks, h2, options, &memory)) == 0;
}

static bool greet(struct h2 *h2)
{
    bool server = h2_is_server(h2);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW_FIRST},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)h2->session.settings->header_size},
        {server ? NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS : NGHTTP2_SETTINGS_ENABLE_PUSH,
         server ? H2_STREAMS : 0},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    size_t count = server ? 5 : 3;
    return nghttp2_submit_settings(h2->ng, NGHTTP2_FLAG_NONE, settings, count) == 0 &&
           nghttp2_session_set_local_window_size(h2->ng, NGHTTP2_FLAG_NONE, 0, H2_WINDOW_LINK) == 0;
}

static void init(struct h2 *h2, struct link *link, enum session_role role)
{
    h2->session = (struct session){
        .magic = SESSION_MAGIC, .role = role, .ops = &h2_ops, .loop = link->loop, .link = link};
    list_init(&h2->session.fresh);
    list_init(&h2->streams);
    list_init(&h2->todo);
    guard_init(&h2->guard, link->loop->now);
    h2->last_opened = -1;
    h2->frame.run = h2_write;
    h2->retire.run = h2_free;
    h2->timer.fire = h2_on_timer;
}

struct session *h2_new(struct link *link, enum session_role role, const struct http_settings *settings,
                       struct keeper *keeper)
{
    struct h2 *h2 = loop_take(link->loop, sizeof *h2);
    if (h2 == NULL)
        return NULL;
    init(h2, link, role);
    h2->session.settings = settings;
    h2->session.keeper = keeper;
    if (!begin(h2) || !greet(h2)) {
        nghttp2_session_del(h2->ng);
        loop_give(link->loop, h2, sizeof *h2);
        return NULL;
    }
    link_use(link, &link_user, h2);
    if (role == SESSION_CLIENT)
        h2->session.marks = SESSION_IDLE;
    task_wake(&link->loop->dirty, &h2->frame);
    h2_set_timer(h2);
    return &h2->session;
}
