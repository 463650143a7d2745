/* SPDX-License-Identifier: Apache-2.0 */
/* Heads that go out. nghttp2 copies what it is given, names in lower case. */
#include <stdio.h>

#include "http/h2/wire.h"
#include "tls/tls.h"

enum { PSEUDO_MAX = 5, LENGTH_DIGITS = 20 };

/* A list being written, in the stream's arena. */
struct list_out {
    nghttp2_nv *at;
    size_t count;
};

static void put(struct list_out *list, struct text name, struct text value)
{
    list->at[list->count++] = (nghttp2_nv){(uint8_t *)(uintptr_t)name.at, (uint8_t *)(uintptr_t)value.at,
                                           name.len, value.len, NGHTTP2_NV_FLAG_NONE};
}

/* What HTTP/2 says in another way, or not at all (RFC 9113 section 8.2.2, RFC 8441 section 5). */
static bool goes_out(const struct h2_stream *stream, const struct field *field)
{
    if (field->id == FIELD_CONNECTION || field->id == FIELD_UPGRADE || field->id == FIELD_HOST)
        return false;
    if (!stream->tunnel || field->id != FIELD_OTHER)
        return true;
    return !text_equal_nocase(field->name, TEXT("sec-websocket-key")) &&
           !text_equal_nocase(field->name, TEXT("sec-websocket-accept"));
}

static void put_fields(struct list_out *list, const struct h2_stream *stream, const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (goes_out(stream, &fields->at[i]))
            put(list, fields->at[i].name, fields->at[i].value);
}

static void put_length(struct list_out *list, const struct head *head, char *digits)
{
    if (!head->has_length || head->status / 100 == 1 || head->status == 204)
        return;
    int len = snprintf(digits, LENGTH_DIGITS + 1, "%llu", (unsigned long long)head->length);
    put(list, TEXT("content-length"), (struct text){digits, (size_t)len});
}

static bool begin(struct list_out *list, const struct h2_stream *stream, const struct fields *fields)
{
    list->count = 0;
    list->at = arena_take(stream->stream.arena, (fields->count + PSEUDO_MAX + 2) * sizeof *list->at);
    return list->at != NULL;
}

static void put_status(struct list_out *list, unsigned status, char *digits)
{
    snprintf(digits, 4, "%03u", status % 1000);
    put(list, TEXT(":status"), (struct text){digits, 3});
}

static int submit_response(struct h2_stream *stream, const nghttp2_data_provider *body)
{
    const struct head *head = &stream->stream.head_out;
    struct list_out list;
    char digits[LENGTH_DIGITS + 1], status[4];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    bool opens = stream->tunnel && head->status == 101;
    stream->tunnel = opens; /* any other answer has a body of its own */
    put_status(&list, opens ? 200 : head->status, status);
    put_fields(&list, stream, &head->fields);
    put_length(&list, head, digits);
    return nghttp2_submit_response(h2_owner(stream)->ng, stream->id, list.at, list.count, body);
}

static bool asks_for_tunnel(struct h2_stream *stream, const struct head *head)
{
    struct h2 *h2 = h2_owner(stream);
    const struct field *upgrade = fields_find(&head->fields, FIELD_UPGRADE);
    const struct field *key = fields_find_name(&head->fields, TEXT("Sec-WebSocket-Key"));
    bool theirs = nghttp2_session_get_remote_settings(h2->ng, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
    if (!theirs || upgrade == NULL || key == NULL || !text_equal_nocase(upgrade->value, TEXT("websocket")))
        return false;
    stream->key = key->value;
    stream->tunnel = true;
    return true;
}

static struct text scheme_of(const struct h2_stream *stream)
{
    return tls_ssl(stream->stream.session->link) != NULL ? TEXT("https") : TEXT("http");
}

static void put_request(struct list_out *list, const struct h2_stream *stream, const struct head *head)
{
    put(list, TEXT(":method"), stream->tunnel ? TEXT("CONNECT") : head->method_text);
    if (stream->tunnel)
        put(list, TEXT(":protocol"), TEXT("websocket"));
    put(list, TEXT(":scheme"), scheme_of(stream));
    put(list, TEXT(":authority"), head->authority);
    put(list, TEXT(":path"), head->path);
    put_fields(list, stream, &head->fields);
    if (head->trailers)
        put(list, TEXT("te"), TEXT("trailers"));
}

static int submit_request(struct h2_stream *stream, const nghttp2_data_provider *body)
{
    const struct head *head = &stream->stream.head_out;
    struct list_out list;
    char digits[LENGTH_DIGITS + 1];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    if (head->upgrade && !asks_for_tunnel(stream, head))
        return NGHTTP2_ERR_INVALID_STATE;
    put_request(&list, stream, head);
    if (head->body == BODY_LENGTH)
        put_length(&list, head, digits);
    if (!stream->tunnel && head->body == BODY_NONE)
        body = NULL;
    int32_t id = nghttp2_submit_request(h2_owner(stream)->ng, NULL, list.at, list.count, body, stream);
    if (id < 0)
        return id;
    stream->id = id;
    return 0;
}

int h2_submit_head(struct h2_stream *stream, const nghttp2_data_provider *body)
{
    return h2_is_server(h2_owner(stream)) ? submit_response(stream, body) : submit_request(stream, body);
}

int h2_submit_interim(struct h2_stream *stream, const struct head *head)
{
    struct list_out list;
    char status[4];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    put_status(&list, head->status, status);
    put_fields(&list, stream, &head->fields);
    return nghttp2_submit_headers(h2_owner(stream)->ng, NGHTTP2_FLAG_NONE, stream->id, NULL, list.at,
                                  list.count, NULL);
}

int h2_submit_trailers(struct h2_stream *stream)
{
    const struct fields *trailers = &stream->stream.trailers_out;
    struct list_out list;
    if (!begin(&list, stream, trailers))
        return NGHTTP2_ERR_NOMEM;
    put_fields(&list, stream, trailers);
    return nghttp2_submit_trailer(h2_owner(stream)->ng, stream->id, list.at, list.count);
}
