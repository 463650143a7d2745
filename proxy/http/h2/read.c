/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: nghttp2's callbacks, both roles. */
#include <pthread.h>

#include "http/h2/wire.h"

enum { OPENED_KNOWN = 64 /* bits of h2->opened */ };

/* Ends the connection once this slice is left. */
static int stop(struct h2 *h2, enum http2_error error)
{
    h2_count(h2, error);
    h2->stopped = true;
    h2->stop_code = error == HTTP2_protocol ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* A stream id that was left out when a higher one came can't be used any more (RFC 9113 section 5.1.1). Of those far
 * behind it isn't known whether they were: nghttp2 passes over what comes for them. */
static bool is_left_out(struct h2 *h2, int32_t id)
{
    int32_t ahead = id / 2 - h2->last_opened;
    if (ahead > 0) {
        h2->opened = ahead < OPENED_KNOWN ? h2->opened << ahead | 1 : 1;
        h2->last_opened = id / 2;
        return false;
    }
    return -ahead < OPENED_KNOWN && (h2->opened >> -ahead & 1) == 0;
}

/* What nghttp2 passes over and should not. */
static bool breaks_rules(struct h2 *h2, const nghttp2_frame_hd *head)
{
    if (head->type == NGHTTP2_PRIORITY)
        return head->stream_id == 0;
    return h2_is_server(h2) && head->type == NGHTTP2_HEADERS && head->stream_id % 2 == 1 &&
           is_left_out(h2, head->stream_id);
}

static int on_begin_frame(nghttp2_session *ng, const nghttp2_frame_hd *head, void *user)
{
    struct h2 *h2 = user;
    (void)ng;
    if (breaks_rules(h2, head))
        return stop(h2, HTTP2_protocol);
    bool works = head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION ||
                 (head->type == NGHTTP2_DATA && head->length > 0);
    if (works || guard_take_frame(&h2->guard, h2->session.loop->now))
        return 0;
    return stop(h2, HTTP2_flood);
}

static void end_in(struct h2_stream *stream)
{
    if ((stream->stream.marks & END_IN) != 0)
        return;
    stream_mark(&stream->stream, END_IN);
    h2_stream_time(stream);
}

static int head_ended(struct h2_stream *stream, const nghttp2_frame *frame)
{
    bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        h2_request_complete(stream, end);
    } else if ((stream->stream.marks & HEAD_IN) == 0) {
        if (!h2_response_complete(stream, end))
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    } else if (stream->bad != NULL) {
        stream_fail(&stream->stream, h2_is_server(h2_owner(stream)) ? BAD_IN : RESET, stream->bad);
        return 0; /* trailers beyond the limits: the message isn't whole */
    }
    if (end && (stream->stream.marks & (HEAD_IN | BAD_IN)) != 0)
        end_in(stream);
    return 0;
}

static void hear_goaway(struct h2 *h2)
{
    if (h2_is_server(h2))
        return;
    h2->session.marks |= SESSION_DRAIN;
    h2->session.marks &= ~(unsigned)SESSION_IDLE;
    h2_settle(h2);
}

/* A client may have more room now, or less, and knows whether a tunnel can be asked for. */
static void hear_settings(struct h2 *h2)
{
    h2->has_settings = true;
    LIST_EACH(&h2->streams, node)
    {
        struct h2_stream *stream = CONTAINER(node, struct h2_stream, node);
        if (stream->id == 0 && (stream->stream.marks & HEAD_OUT) != 0)
            h2_note(stream);
    }
    h2_settle(h2);
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_find(ng, frame->hd.stream_id);
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        h2->in_head = false;
        return h2_is_dead(stream) ? 0 : head_ended(stream, frame);
    case NGHTTP2_DATA:
        if (!h2_is_dead(stream) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            end_in(stream);
        break;
    case NGHTTP2_GOAWAY:
        hear_goaway(h2);
        break;
    case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
            hear_settings(h2);
        break;
    default:
        break;
    }
    return 0;
}

static bool is_too_much(struct h2_stream *stream, size_t len)
{
    const struct h2 *h2 = h2_owner(stream);
    uint64_t limit = h2->session.settings->body;
    stream->body_bytes += len;
    return h2_is_server(h2) && limit > 0 && stream->body_bytes > limit;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                   void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_find(ng, id);
    struct slice slice = {h2->slice.chunk, (const char *)bytes, len};
    (void)flags;
    nghttp2_session_consume_connection(ng, len);
    if (h2_is_dead(stream)) {
        nghttp2_session_consume_stream(ng, id, len);
        return 0;
    }
    stream->unreturned += len;
    if (is_too_much(stream, len))
        stream_fail(&stream->stream, BAD_IN, FAULT(body_too_large));
    else if (!chain_append(&stream->stream.in, slice))
        stream_fail(&stream->stream, BAD_IN, FAULT(out_of_memory));
    stream_wake(&stream->stream);
    h2_stream_time(stream);
    return 0;
}

static const struct fault *fault_of(const struct h2_stream *stream, uint32_t code)
{
    if (h2_is_server(h2_owner(stream)))
        return FAULT(client_gone);
    if (stream->refused)
        return FAULT(upstream_garbage);
    return code == NGHTTP2_REFUSED_STREAM ? FAULT(stream_refused) : FAULT(upstream_reset);
}

/* A stream whose answer was not finished, by whomever, has cost more than it brought. */
static bool charge(struct h2 *h2, const struct h2_stream *stream)
{
    if (!h2_is_server(h2) || stream->ours)
        return true;
    if (!stream->end_framed)
        return guard_take_loss(&h2->guard, h2->session.loop->now);
    guard_stream_worked(&h2->guard);
    return true;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_find(ng, id);
    if (stream == NULL)
        return 0;
    bool fine = charge(h2, stream);
    unsigned marks = stream->stream.marks;
    bool over = (marks & END_IN) != 0 && (stream->end_framed || !h2_is_server(h2));
    h2_stream_gone(stream);
    if (stream->stream.task == NULL && !stream->released)
        list_remove(&stream->stream.fresh); /* no exchange has seen it, and none needs to */
    else if (over)
        chain_clear(&stream->stream.out);
    else if ((marks & RESET) == 0)
        stream_fail(&stream->stream, RESET, fault_of(stream, code));
    h2_stream_settle(stream);
    return fine ? 0 : stop(h2, HTTP2_resets);
}

static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    struct h2_stream *stream = h2_find(ng, frame->hd.stream_id);
    if (stream != NULL && frame->hd.type == NGHTTP2_RST_STREAM)
        stream->refused = !stream->ours && frame->rst_stream.error_code != NGHTTP2_INTERNAL_ERROR;
    bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries)
        guard_frame_worked(&h2->guard);
    if (stream == NULL || !carries || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    stream->end_framed = true;
    if (h2_is_server(h2) && stream->released && (stream->stream.marks & END_IN) == 0)
        h2_reset(stream, NGHTTP2_NO_ERROR); /* RFC 9113 section 8.1: the rest of the request isn't wanted */
    return 0;
}

/* An error of the peer that nghttp2 found by itself. */
static int on_bad_frame(nghttp2_session *ng, const nghttp2_frame *frame, int error, void *user)
{
    (void)ng;
    (void)frame;
    (void)error;
    struct h2 *h2 = user;
    h2_count(h2, HTTP2_protocol);
    h2->in_head = false;
    return 0;
}

static nghttp2_session_callbacks *callbacks;

static void make_callbacks(void)
{
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return;
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, h2_on_begin_head);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, h2_on_field);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, h2_on_bad_field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_bad_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_send_callback(callbacks, h2_on_send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, h2_on_send_body);
}

nghttp2_session_callbacks *h2_callbacks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_callbacks);
    return callbacks;
}

void h2_count(const struct h2 *h2, enum http2_error error)
{
    counter_t counter = h2->session.settings->http2_errors;
    if (counter != COUNTER_NONE)
        cells_add(h2->session.loop->cells, counter + (counter_t)error, 1);
}

/* NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, which headers from before it was found to be a flood don't have. */
enum { TOO_MANY_CONTINUATIONS = -905 };

/* Errors of nghttp2 itself, and our own stops. */
static void end(struct h2 *h2, ssize_t error)
{
    bool flood = error == NGHTTP2_ERR_FLOODED || error == TOO_MANY_CONTINUATIONS;
    uint32_t code = h2->stopped                             ? h2->stop_code
                    : flood                                 ? NGHTTP2_ENHANCE_YOUR_CALM
                    : error == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? NGHTTP2_PROTOCOL_ERROR
                                                            : NGHTTP2_INTERNAL_ERROR;
    if (!h2->stopped)
        h2_count(h2, flood ? HTTP2_flood : HTTP2_protocol);
    nghttp2_session_terminate_session(h2->ng, code);
    h2->stopped = true;
}

void h2_read(struct h2 *h2, struct slice slice)
{
    if (h2->finishing || h2->stopped)
        return;
    if (!h2->has_preface)
        session_suspect(&h2->session, slice);
    h2->slice = slice;
    h2->has_preface = h2->heard = true;
    h2->pinged = false;
    ssize_t result = nghttp2_session_mem_recv(h2->ng, (const uint8_t *)slice.at, slice.len);
    h2->slice = (struct slice){0};
    if (h2->closed)
        return;
    if (result < 0)
        end(h2, result);
    task_wake(&h2->session.loop->dirty, &h2->frame);
    h2_set_timer(h2);
}
