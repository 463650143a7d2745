/* SPDX-License-Identifier: Apache-2.0 */
/* Heads that go out. nghttp2 copies what it is given, names in lower case. */
#include "base/format.h"
#include "http/h2/wire.h"
#include "tls/tls.h"

enum { PSEUDO_MAX = 5 };

/* A list being written; it lies in the stream's arena until nghttp2 has taken it. */
struct list_out {
    nghttp2_nv *at;
    size_t count;
    size_t room;
};

static void put_flagged(struct list_out *list, struct text name, struct text value, uint8_t flags)
{
    list->at[list->count++] = (nghttp2_nv){(uint8_t *)(uintptr_t)name.at, (uint8_t *)(uintptr_t)value.at,
                                           name.len, value.len, flags};
}

static void put(struct list_out *list, struct text name, struct text value)
{
    put_flagged(list, name, value, NGHTTP2_NV_FLAG_NONE);
}

/* A value that is another each time would push what repeats out of HPACK's table. */
static uint8_t flags_for(enum field_id id)
{
    return id == FIELD_X_REQUEST_ID || id == FIELD_TRACEPARENT ? NGHTTP2_NV_FLAG_NO_INDEX
                                                               : NGHTTP2_NV_FLAG_NONE;
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
            put_flagged(list, fields->at[i].name, fields->at[i].value, flags_for(fields->at[i].id));
}

static void put_length(struct list_out *list, const struct head *head, char *digits)
{
    if (!head->has_length || head->status / 100 == 1 || head->status == 204)
        return;
    put(list, TEXT("content-length"), (struct text){digits, format_number(head->length, digits)});
}

static bool begin(struct list_out *list, const struct h2_stream *stream, const struct fields *fields)
{
    list->count = 0;
    list->room = fields->count + PSEUDO_MAX + 2;
    list->at = arena_take(stream->stream.arena, list->room * sizeof *list->at);
    return list->at != NULL;
}

/* Says what nghttp2 said. */
static int end(const struct list_out *list, const struct h2_stream *stream, int result)
{
    arena_give_back(stream->stream.arena, list->at, list->room * sizeof *list->at);
    return result;
}

static void put_status(struct list_out *list, unsigned status, char *digits)
{
    put(list, TEXT(":status"), (struct text){digits, format_number(status, digits)});
}

static int submit_response(struct h2_stream *stream, const nghttp2_data_provider *body)
{
    const struct head *head = &stream->stream.head_out;
    struct list_out list;
    char digits[FORMAT_NUMBER_MAX], status[FORMAT_NUMBER_MAX];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    bool opens = stream->tunnel && head->status == 101;
    stream->tunnel = opens; /* any other answer has a body of its own */
    put_status(&list, opens ? 200 : head->status, status);
    put_fields(&list, stream, &head->fields);
    put_length(&list, head, digits);
    nghttp2_session *ng = h2_owner(stream)->ng;
    return end(&list, stream, nghttp2_submit_response(ng, stream->id, list.at, list.count, body));
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
    char digits[FORMAT_NUMBER_MAX];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    if (head->upgrade && !asks_for_tunnel(stream, head))
        return NGHTTP2_ERR_INVALID_STATE;
    put_request(&list, stream, head);
    if (head->body == BODY_LENGTH)
        put_length(&list, head, digits);
    if (!stream->tunnel && head->body == BODY_NONE)
        body = NULL;
    nghttp2_session *ng = h2_owner(stream)->ng;
    int32_t id = end(&list, stream, nghttp2_submit_request(ng, NULL, list.at, list.count, body, stream));
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
    char status[FORMAT_NUMBER_MAX];
    if (!begin(&list, stream, &head->fields))
        return NGHTTP2_ERR_NOMEM;
    put_status(&list, head->status, status);
    put_fields(&list, stream, &head->fields);
    nghttp2_session *ng = h2_owner(stream)->ng;
    return end(&list, stream,
               nghttp2_submit_headers(ng, NGHTTP2_FLAG_NONE, stream->id, NULL, list.at, list.count, NULL));
}

int h2_submit_trailers(struct h2_stream *stream)
{
    const struct fields *trailers = &stream->stream.trailers_out;
    struct list_out list;
    if (!begin(&list, stream, trailers))
        return NGHTTP2_ERR_NOMEM;
    put_fields(&list, stream, trailers);
    nghttp2_session *ng = h2_owner(stream)->ng;
    return end(&list, stream, nghttp2_submit_trailer(ng, stream->id, list.at, list.count));
}
