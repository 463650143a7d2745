/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of responses that come in, 1xx and final ones. */
#include "http/h2/wire.h"
#include "http/upgrade.h"

static bool fail(struct h2_stream *stream, const struct fault *fault)
{
    stream_fail(&stream->stream, RESET, fault);
    return false;
}

static bool interim_complete(struct h2_stream *stream)
{
    struct stream *common = &stream->stream;
    struct interim **last = &common->interim_in;
    while (*last != NULL)
        last = &(*last)->next;
    struct interim *interim = arena_take_zeroed(common->arena, sizeof *interim);
    if (interim == NULL)
        return fail(stream, FAULT(out_of_memory));
    if (++stream->interims > STREAM_INTERIM_MAX)
        return fail(stream, FAULT(upstream_garbage));
    interim->head = common->head_in;
    common->head_in = (struct head){0};
    *last = interim;
    stream_wake(common);
    return true;
}

/* RFC 6455 section 4.2.2, for a client that asked in HTTP/1.1. */
static bool add_accept(struct h2_stream *stream)
{
    struct fields *fields = &stream->stream.head_in.fields;
    struct arena *arena = stream->stream.arena;
    struct text accept = upgrade_websocket_accept(stream->key, arena);
    return accept.at != NULL && fields_add(fields, arena, TEXT("Upgrade"), TEXT("websocket")) &&
           fields_add(fields, arena, TEXT("Sec-WebSocket-Accept"), accept);
}

/* The answer to an extended CONNECT looks like that to an Upgrade (RFC 8441 section 5). */
static bool open_tunnel(struct h2_stream *stream)
{
    struct head *head = &stream->stream.head_in;
    if (!stream->tunnel || head->status != 200)
        return true;
    head->status = 101;
    head->upgrade = true;
    return add_accept(stream);
}

static void frame(struct h2_stream *stream, bool end)
{
    struct head *head = &stream->stream.head_in;
    const struct field *length = fields_find(&head->fields, FIELD_CONTENT_LENGTH);
    bool none = stream->stream.head_out.method == METHOD_HEAD || status_has_no_body(head->status);
    head->body = none ? BODY_NONE : BODY_STREAM;
    head->has_length = length != NULL && text_to_number(length->value, INT64_MAX, &head->length);
    if (!none && end) {
        head->body = BODY_LENGTH; /* it is empty, and known to be */
        head->has_length = true;
        head->length = 0;
    } else if (!none && head->has_length) {
        head->body = BODY_LENGTH;
    }
}

bool h2_response_complete(struct h2_stream *stream, bool end)
{
    struct stream *common = &stream->stream;
    struct head *head = &common->head_in;
    if (stream->bad == NULL && head->status < 100) /* nghttp2 takes any three digits */
        stream->bad = FAULT(upstream_garbage);
    if (stream->bad != NULL)
        return fail(stream, stream->bad);
    head->major = 2;
    head->minor = 1;
    stream->head_bytes = 0;
    if (head->status == 101)
        return fail(stream, FAULT(upstream_garbage)); /* there is none in HTTP/2 (RFC 9113 section 8.6) */
    if (head->status < 200)
        return interim_complete(stream);
    frame(stream, end);
    if (!open_tunnel(stream))
        return fail(stream, FAULT(out_of_memory));
    stream->has_head = true;
    stream_mark(common, HEAD_IN);
    return true;
}
