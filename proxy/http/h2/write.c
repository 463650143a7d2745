/* SPDX-License-Identifier: Apache-2.0 */
/* The flush beat: what the exchanges have put into streams becomes frames in the link. */
#include "http/h2/wire.h"

void h2_note(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->gone || h2->closed) {
        chain_clear(&stream->stream.out);
        return;
    }
    if (!list_is_linked(&stream->todo))
        list_push(&h2->todo, &stream->todo);
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

static bool is_full(const struct h2 *h2)
{
    return link_backlog(h2->session.link) >= H2_LINK_ROOM;
}

ssize_t h2_on_send(nghttp2_session *ng, const uint8_t *bytes, size_t len, int flags, void *user)
{
    struct h2 *h2 = user;
    (void)ng;
    (void)flags;
    if (is_full(h2))
        return NGHTTP2_ERR_WOULDBLOCK;
    if (!chain_copy(&h2->session.link->out, (const char *)bytes, len))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return (ssize_t)len;
}

/* How much of the stream goes into this frame; the bytes themselves are moved by h2_on_send_body. */
ssize_t h2_on_body(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t len, uint32_t *flags,
                   nghttp2_data_source *source, void *user)
{
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(ng, id);
    (void)buffer;
    (void)source;
    (void)user;
    size_t there = stream->stream.out.len;
    bool last = there <= len && (stream->stream.marks & END_OUT) != 0;
    if (there == 0 && !last) {
        stream->waits = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (last) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (stream->stream.trailers_out.count > 0) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (h2_submit_trailers(stream) != 0)
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    }
    return (ssize_t)(there < len ? there : len);
}

static void tell_room(struct h2_stream *stream)
{
    if (!stream->stream.starved)
        return;
    stream->stream.starved = false;
    stream_wake(&stream->stream);
}

int h2_on_send_body(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t len,
                    nghttp2_data_source *source, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
    struct chain *out = &h2->session.link->out;
    (void)source;
    if (is_full(h2))
        return NGHTTP2_ERR_WOULDBLOCK;
    if (stream->stream.out.len < len)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* given up while the frame waited for room */
    if (!chain_copy(out, (const char *)head, H2_FRAME_HEAD) ||
        chain_move(&stream->stream.out, out, len) != len)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    tell_room(stream);
    return 0;
}

static int send_interims(struct h2_stream *stream)
{
    int error = 0;
    for (struct interim *interim; error == 0 && (interim = stream->stream.interim_out) != NULL;) {
        stream->stream.interim_out = interim->next;
        error = h2_submit_interim(stream, &interim->head);
    }
    return error;
}

static int send_head(struct h2_stream *stream)
{
    const struct stream *common = &stream->stream;
    const nghttp2_data_provider body = {.read_callback = h2_on_body};
    bool whole = (common->marks & END_OUT) != 0 && chain_is_empty(&common->out) && !stream->tunnel &&
                 common->trailers_out.count == 0;
    stream->head_framed = true;
    return h2_submit_head(stream, whole ? NULL : &body);
}

/* Tells nghttp2 what is new. */
static int submit(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    int error = send_interims(stream);
    if (error != 0 || (stream->stream.marks & HEAD_OUT) == 0)
        return error;
    if (!stream->head_framed && !h2_is_server(h2) && stream->stream.head_out.upgrade && !h2->has_settings)
        return 0; /* it may not know extended CONNECT: hear_settings comes back to it */
    if (!stream->head_framed)
        return send_head(stream);
    bool more = !chain_is_empty(&stream->stream.out) || (stream->stream.marks & END_OUT) != 0;
    if (!stream->waits || !more)
        return 0;
    stream->waits = false;
    return nghttp2_session_resume_data(h2->ng, stream->id);
}

static void submit_all(struct h2 *h2)
{
    for (struct list_node *node; (node = list_pop(&h2->todo)) != NULL;) {
        struct h2_stream *stream = CONTAINER(node, struct h2_stream, todo);
        if (!stream->gone && submit(stream) != 0)
            h2_fail_stream(stream);
    }
}

/* A backend broke the rules, which ends the connection. Of several streams none is to blame for sure: they may be repeated. */
static const struct fault *ending_of(struct h2 *h2)
{
    bool blamed = h2->session.active == 1 && !h2_is_server(h2);
    return blamed ? FAULT(upstream_garbage) : session_lost(&h2->session);
}

/* The connection is over: everything is said, or the peer broke the rules, and then there may be streams left. */
static void end(struct h2 *h2)
{
    if (h2->finishing && (h2->session.link->marks & LINK_FINISH) != 0)
        return;
    const struct fault *fault = ending_of(h2);
    h2->finishing = h2->goaway = true;
    LIST_EACH_SAFE(&h2->streams, node)
    h2_stream_lose(CONTAINER(node, struct h2_stream, node), fault);
    link_finish(h2->session.link);
    if (!h2_is_server(h2))
        session_mark(&h2->session, SESSION_CLOSED);
    h2_set_timer(h2);
}

void h2_write(struct task *task)
{
    struct h2 *h2 = CONTAINER(task, struct h2, frame);
    if (h2->closed)
        return;
    submit_all(h2);
    if (nghttp2_session_send(h2->ng) != 0) {
        h2_cut(h2, FAULT(out_of_memory), true);
        return;
    }
    link_dirty(h2->session.link);
    if (nghttp2_session_want_write(h2->ng) == 0 &&
        (nghttp2_session_want_read(h2->ng) == 0 || (h2->finishing && h2->session.active == 0)))
        end(h2);
    else
        h2_set_timer(h2);
}
