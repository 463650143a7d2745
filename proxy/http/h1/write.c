/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"
#include "http/h1/wire.h"
#include "http/message.h"
#include "http/status.h"

/* A place that bytes are written to one after the other; it was measured before and is large enough. */
struct pen {
    char *at;
};

static void put(struct pen *pen, struct text t)
{
    if (t.len > 0)
        memcpy(pen->at, t.at, t.len);
    pen->at += t.len;
}

static void put_number(struct pen *pen, uint64_t number, unsigned base)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    put(pen, (struct text){digits + at, sizeof digits - at});
}

static void put_fields(struct pen *pen, const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++) {
        put(pen, fields->at[i].name);
        put(pen, TEXT(": "));
        put(pen, fields->at[i].value);
        put(pen, TEXT("\r\n"));
    }
}

static size_t fields_size(const struct fields *fields)
{
    size_t size = 0;
    for (unsigned i = 0; i < fields->count; i++)
        size += fields->at[i].name.len + fields->at[i].value.len + 4;
    return size;
}

/* An upper bound: start line, fields and all that put_framing may add. */
static size_t head_size(const struct head *head)
{
    return head->method_text.len + head->path.len + head->authority.len + head->reason.len +
           fields_size(&head->fields) + 256;
}

static void put_framing(struct pen *pen, const struct h1 *h1, const struct head *head)
{
    if (h1->chunked) {
        put(pen, TEXT("Transfer-Encoding: chunked\r\n"));
    } else if (head->has_length && head->status / 100 != 1 && head->status != 204) {
        put(pen, TEXT("Content-Length: "));
        put_number(pen, head->length, 10);
        put(pen, TEXT("\r\n"));
    }
}

static void put_request(struct pen *pen, const struct h1 *h1, const struct head *head)
{
    put(pen, head->method_text);
    put(pen, TEXT(" "));
    put(pen, head->path);
    put(pen, TEXT(" HTTP/1.1\r\nHost: "));
    put(pen, head->authority);
    put(pen, TEXT("\r\n"));
    put_fields(pen, &head->fields);
    put_framing(pen, h1, head);
    if (head->upgrade)
        put(pen, TEXT("Connection: Upgrade\r\n"));
    else if (head->trailers)
        put(pen, TEXT("TE: trailers\r\nConnection: TE\r\n"));
    put(pen, TEXT("\r\n"));
}

static void put_status_line(struct pen *pen, const struct head *head)
{
    put(pen, TEXT("HTTP/1.1 "));
    put_number(pen, head->status, 10);
    put(pen, TEXT(" "));
    put(pen, head->reason.len > 0 ? head->reason : status_reason(head->status));
    put(pen, TEXT("\r\n"));
    put_fields(pen, &head->fields);
}

static void put_response(struct pen *pen, const struct h1 *h1, const struct head *head)
{
    put_status_line(pen, head);
    put_framing(pen, h1, head);
    if (head->status == 101)
        put(pen, TEXT("Connection: Upgrade\r\n"));
    else if (!h1->keep)
        put(pen, TEXT("Connection: close\r\n"));
    else if (h1->stream->head_in.minor == 0)
        put(pen, TEXT("Connection: keep-alive\r\n"));
    put(pen, TEXT("\r\n"));
}

typedef void (*put_head)(struct pen *pen, const struct h1 *h1, const struct head *head);

static bool write_head(struct h1 *h1, const struct head *head, put_head put_it)
{
    struct chunk_pool *pool = &h1->session.loop->chunks;
    size_t size = head_size(head);
    struct pen pen;
    if (size <= CHUNK_COPY_SIZE) {
        char *room = chunk_copy_room(pool, size);
        if (room == NULL)
            return false;
        pen.at = room;
        put_it(&pen, h1, head);
        ASSERT((size_t)(pen.at - room) <= size);
        return chain_push(&h1->session.link->out, chunk_copy_done(pool, (size_t)(pen.at - room)));
    }
    struct chunk *chunk = chunk_new(pool, size);
    if (chunk == NULL)
        return false;
    pen.at = chunk->bytes;
    put_it(&pen, h1, head);
    ASSERT((size_t)(pen.at - chunk->bytes) <= size);
    return chain_push(&h1->session.link->out,
                      (struct slice){chunk, chunk->bytes, (size_t)(pen.at - chunk->bytes)});
}

/* Whether a response with this body can be followed by another on the connection. */
static void choose_framing(struct h1 *h1, const struct head *head)
{
    struct stream *stream = h1->stream;
    bool may_chunk = !h1_is_server(h1) || stream->head_in.minor > 0;
    h1->chunked = head->body == BODY_STREAM && may_chunk && !head->upgrade;
    if (!h1_is_server(h1))
        return;
    uint64_t most = h1->session.settings->requests_per_connection;
    if ((head->body == BODY_STREAM && !may_chunk) || (stream->marks & BAD_IN) != 0 ||
        (stream->marks & HEAD_IN) == 0 || (h1->session.marks & SESSION_DRAIN) != 0 ||
        (most > 0 && h1->session.streams >= most))
        h1->keep = false;
}

/* The answer to an Upgrade: either the other protocol begins, or the request has ended after all. */
static void answer_upgrade(struct h1 *h1, const struct head *head)
{
    if (head->status == 101)
        h1_enter_tunnel(h1);
    else
        stream_mark(h1->stream, END_IN);
}

static bool frame_head(struct h1 *h1)
{
    const struct head *head = &h1->stream->head_out;
    choose_framing(h1, head);
    if (!write_head(h1, head, h1_is_server(h1) ? put_response : put_request))
        return false;
    h1->head_framed = true;
    if (h1_is_server(h1) && h1->stream->head_in.upgrade && (h1->stream->marks & HEAD_IN) != 0)
        answer_upgrade(h1, head);
    return true;
}

static void put_interim(struct pen *pen, const struct h1 *h1, const struct head *head)
{
    (void)h1;
    put_status_line(pen, head);
    put(pen, TEXT("\r\n"));
}

static bool frame_interims(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    for (struct interim *interim; (interim = stream->interim_out) != NULL;) {
        stream->interim_out = interim->next;
        if (stream->head_in.minor > 0 && !write_head(h1, &interim->head, put_interim))
            return false; /* HTTP/1.0 knows no 1xx (RFC 9110 section 15.2) */
    }
    return true;
}

/* Everything that waits becomes one chunk. */
static bool frame_body(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    struct chain *out = &h1->session.link->out;
    if (chain_is_empty(&stream->out))
        return true;
    if (h1->chunked) {
        char line[20];
        struct pen pen = {line};
        put_number(&pen, stream->out.len, 16);
        put(&pen, TEXT("\r\n"));
        if (!chain_copy(out, line, (size_t)(pen.at - line)))
            return false;
    }
    chain_move(&stream->out, out, stream->out.len);
    return !h1->chunked || chain_copy(out, "\r\n", 2);
}

static bool frame_end(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    struct chain *out = &h1->session.link->out;
    h1->end_framed = true;
    if (h1->reading == H1_TUNNEL) {
        link_finish(h1->session.link);
        return true;
    }
    if (!h1->chunked)
        return true;
    struct chunk *chunk = chunk_new(&h1->session.loop->chunks, fields_size(&stream->trailers_out) + 8);
    if (chunk == NULL)
        return false;
    struct pen pen = {chunk->bytes};
    put(&pen, TEXT("0\r\n"));
    put_fields(&pen, &stream->trailers_out);
    put(&pen, TEXT("\r\n"));
    return chain_push(out, (struct slice){chunk, chunk->bytes, (size_t)(pen.at - chunk->bytes)});
}

static bool frame(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    if (!frame_interims(h1))
        return false;
    if ((stream->marks & HEAD_OUT) == 0)
        return true;
    if (!h1->head_framed && !frame_head(h1))
        return false;
    if (!frame_body(h1))
        return false;
    return (stream->marks & END_OUT) == 0 || h1->end_framed || frame_end(h1);
}

/* The flush beat: what the exchange has put into the stream goes to the link in one piece. */
void h1_write(struct task *task)
{
    struct h1 *h1 = CONTAINER(task, struct h1, frame);
    if (h1->closed || h1->stream == NULL)
        return;
    if (!frame(h1)) {
        h1_fail(h1, FAULT(out_of_memory));
        return;
    }
    link_dirty(h1->session.link);
    h1_settle(h1);
}
