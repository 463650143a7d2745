/* SPDX-License-Identifier: Apache-2.0 */
/* Heads that come in (RFC 9113 section 8.3): nghttp2 has checked which pseudo-header fields there are, and their order. */
#include "http/h2/wire.h"
#include "http/message.h"
#include "http/target.h"
#include "http/upgrade.h"

/* Crumbs of a cookie become one field again (RFC 9113 section 8.2.3). */
static bool join_cookies(struct head *head, struct arena *arena)
{
    struct text joined = TEXT_NONE;
    if (fields_count(&head->fields, FIELD_COOKIE) < 2)
        return true;
    for (unsigned i = 0; i < head->fields.count; i++) {
        const struct field *field = &head->fields.at[i];
        if (field->id != FIELD_COOKIE)
            continue;
        if ((joined.len > 0 && !arena_append(arena, &joined, "; ", 2)) ||
            !arena_append(arena, &joined, field->value.at, field->value.len))
            return false;
    }
    fields_remove(&head->fields, FIELD_COOKIE, TEXT("cookie"));
    return fields_add(&head->fields, arena, TEXT("cookie"), joined);
}

static bool frame(struct head *head, bool end)
{
    const struct field *length = fields_find(&head->fields, FIELD_CONTENT_LENGTH);
    head->body = end ? BODY_NONE : BODY_STREAM;
    head->has_length = length != NULL;
    if (length == NULL)
        return true;
    if (!end)
        head->body = BODY_LENGTH;
    return text_to_number(length->value, INT64_MAX, &head->length); /* nghttp2 holds DATA against it */
}

/* What HTTP/1.1 asks of who wants a WebSocket, where the client need not have said it (RFC 8441 section 5). */
static bool make_upgrade(struct h2_stream *stream)
{
    struct head *head = &stream->stream.head_in;
    struct arena *arena = stream->stream.arena;
    struct text key = upgrade_websocket_key(arena);
    if (key.at == NULL)
        return false;
    stream->tunnel = true;
    head->connect = true;
    head->method = METHOD_GET;
    head->method_text = TEXT("GET");
    head->upgrade = true;
    head->body = BODY_NONE;
    head->has_length = false;
    fields_remove(&head->fields, FIELD_OTHER, TEXT("sec-websocket-key"));
    return fields_add(&head->fields, arena, TEXT("Upgrade"), TEXT("websocket")) &&
           fields_add(&head->fields, arena, TEXT("Sec-WebSocket-Key"), key);
}

static const struct fault *read_method(struct h2_stream *stream)
{
    struct head *head = &stream->stream.head_in;
    if (!text_is_token(head->method_text))
        return FAULT(bad_request);
    head->method = method_of(head->method_text);
    if (head->method != METHOD_CONNECT)
        return NULL;
    if (!text_equal(stream->protocol, TEXT("websocket")))
        return FAULT(not_implemented);
    return make_upgrade(stream) ? NULL : FAULT(out_of_memory);
}

static const struct fault *check_host(const struct head *head)
{
    const struct field *host = fields_find(&head->fields, FIELD_HOST);
    bool fine = head->authority.len == 0 || authority_is_valid(head->authority);
    if (fine && host != NULL && head->authority.len > 0)
        fine = text_equal_nocase(host->value, head->authority);
    return fine ? NULL : FAULT(bad_host);
}

static const struct fault *read_request(struct h2_stream *stream, bool end)
{
    struct head *head = &stream->stream.head_in;
    uint64_t limit = h2_owner(stream)->session.settings->body;
    if (stream->bad != NULL)
        return stream->bad;
    if (!frame(head, end))
        return FAULT(bad_framing);
    const struct fault *fault = read_method(stream);
    if (fault == NULL)
        fault = check_host(head);
    if (fault == NULL)
        fault = target_read(head);
    if (fault == NULL && limit > 0 && head->body == BODY_LENGTH && head->length > limit)
        fault = FAULT(body_too_large);
    if (fault == NULL && !join_cookies(head, stream->stream.arena))
        fault = FAULT(out_of_memory);
    return fault != NULL ? fault : message_check_expect(&head->fields);
}

/* At the last request that a connection may have, it says so. */
static void count_request(struct h2 *h2)
{
    uint64_t most = h2->session.settings->requests_per_connection;
    if (most > 0 && h2->session.streams >= most)
        h2_go_away(h2, true);
}

void h2_request_complete(struct h2_stream *stream, bool end)
{
    struct h2 *h2 = h2_owner(stream);
    struct head *head = &stream->stream.head_in;
    head->major = 2;
    head->minor = 1;
    head->early = h2->session.link->early;
    head->trailers = fields_list_has(&head->fields, FIELD_TE, TEXT("trailers"));
    const struct fault *fault = read_request(stream, end);
    stream->has_head = true;
    stream->head_bytes = 0;
    if (fault != NULL)
        stream_fail(&stream->stream, BAD_IN, fault);
    else
        stream->stream.marks |= HEAD_IN;
    list_push(&h2->session.fresh, &stream->stream.fresh);
    session_tell(&h2->session);
    h2_stream_time(stream);
    count_request(h2);
}
