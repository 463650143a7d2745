/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"
#include "http/h1/wire.h"
#include "http/message.h"
#include "http/target.h"
#include "http/upgrade.h"

static struct h1 *h1_of_parser(llhttp_t *parser)
{
    return parser->data;
}

/* Stops the parser: what comes in can't be trusted from here on. */
static int refuse(struct h1 *h1, const struct fault *fault)
{
    if (h1->reader->why == NULL)
        h1->reader->why = fault;
    return HPE_USER;
}

static const struct fault *too_large(const struct h1 *h1, bool line)
{
    if (!h1_is_server(h1))
        return FAULT(upstream_head_too_large);
    return line ? FAULT(uri_too_long) : FAULT(header_too_large);
}

static const struct fault *malformed(const struct h1 *h1)
{
    return h1_is_server(h1) ? FAULT(bad_request) : FAULT(upstream_garbage);
}

/* Appends a piece of the head to *text, within the limit on the whole section. */
static int collect(struct h1 *h1, struct text *text, const char *at, size_t len)
{
    h1->reader->head_bytes += len;
    if (h1->reader->head_bytes > h1->session.settings->header_size)
        return refuse(h1, too_large(h1, text == &h1->stream->head_in.target));
    if (!arena_append(h1->stream->arena, text, at, len))
        return refuse(h1, FAULT(out_of_memory));
    return 0;
}

static int on_message_begin(llhttp_t *parser)
{
    struct h1 *h1 = h1_of_parser(parser);
    h1->reader->head_bytes = 0;
    h1->reader->body_bytes = 0;
    h1->reader->fed = 0;
    h1->reader->name = h1->reader->value = TEXT_NONE;
    h1->reader->has_version = false;
    h1->reading = H1_HEAD;
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    return collect(h1, &h1->stream->head_in.target, at, len);
}

static int on_status(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    return collect(h1, &h1->stream->head_in.reason, at, len);
}

/* llhttp also takes RTSP/ and ICE/ here. */
static int on_version(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    struct h1_reader *reader = h1->reader;
    char name[sizeof reader->before];
    size_t here = (size_t)(at - reader->slice);
    (void)len;
    if (reader->has_version)
        return 0;
    reader->has_version = true;
    for (size_t i = 0; i < sizeof name; i++)
        name[i] =
            i + here < sizeof name ? reader->before[i + here] : at[(ptrdiff_t)i - (ptrdiff_t)sizeof name];
    return memcmp(name, "HTTP/", sizeof name) == 0 ? 0 : refuse(h1, malformed(h1));
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    return collect(h1, &h1->reader->name, at, len);
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    return collect(h1, &h1->reader->value, at, len);
}

/* A trailer that may not be one is left out (RFC 9110 section 6.5.1). */
static bool add_field(struct h1 *h1, struct text value)
{
    struct stream *stream = h1->stream;
    if (h1->reading == H1_HEAD)
        return fields_add(&stream->head_in.fields, stream->arena, h1->reader->name, value);
    struct field field = {h1->reader->name, value, field_id_of(h1->reader->name)};
    return !message_allows_trailer(&field) || fields_push(&stream->trailers_in, stream->arena, &field);
}

static int on_value_complete(llhttp_t *parser)
{
    struct h1 *h1 = h1_of_parser(parser);
    struct text value = text_trim(h1->reader->value);
    const struct fields *fields =
        h1->reading == H1_HEAD ? &h1->stream->head_in.fields : &h1->stream->trailers_in;
    if (fields->count >= h1->session.settings->headers)
        return refuse(h1, too_large(h1, false));
    if (!text_is_token(h1->reader->name) || !text_is_field_value(value))
        return refuse(h1, malformed(h1));
    h1->reader->head_bytes += sizeof ": \r\n" - 1;
    if (!add_field(h1, value))
        return refuse(h1, FAULT(out_of_memory));
    h1->reader->name = h1->reader->value = TEXT_NONE;
    return 0;
}

static const struct fault *check_request(struct h1 *h1)
{
    struct head *head = &h1->stream->head_in;
    uint64_t limit = h1->session.settings->body;
    const struct fault *fault = message_frame_request(head);
    if (fault == NULL)
        fault = target_read(head);
    if (fault == NULL && limit > 0 && head->body == BODY_LENGTH && head->length > limit)
        fault = FAULT(body_too_large);
    return fault != NULL ? fault : message_check_expect(&head->fields);
}

static int request_head_complete(struct h1 *h1, llhttp_t *parser)
{
    struct stream *stream = h1->stream;
    struct head *head = &stream->head_in;
    head->method_text = text_of(llhttp_method_name(parser->method));
    head->method = method_of(head->method_text);
    parser->upgrade = 0; /* the exchange decides on it */
    const struct fault *fault = check_request(h1);
    if (fault != NULL)
        return refuse(h1, fault);
    h1->keep = message_keeps_alive(head);
    head->early = h1->session.link->early;
    stream->marks |= HEAD_IN;
    list_push(&h1->session.fresh, &stream->fresh);
    session_tell(&h1->session);
    h1->reading = H1_BODY;
    return 0;
}

/* A 1xx other than 101 goes on its own list; the next head on this stream is another one. */
static int interim_complete(struct h1 *h1)
{
    struct stream *stream = h1->stream;
    struct interim **last = &stream->interim_in;
    while (*last != NULL)
        last = &(*last)->next;
    struct interim *interim = arena_take_zeroed(stream->arena, sizeof *interim);
    if (interim == NULL)
        return refuse(h1, FAULT(out_of_memory));
    if (++h1->reader->interims > STREAM_INTERIM_MAX)
        return refuse(h1, FAULT(upstream_garbage));
    interim->head = stream->head_in;
    stream->head_in = (struct head){0};
    *last = interim;
    h1->reading = H1_IDLE;
    stream_wake(stream);
    return 0;
}

static int response_head_complete(struct h1 *h1, llhttp_t *parser)
{
    struct stream *stream = h1->stream;
    struct head *head = &stream->head_in;
    head->status = parser->status_code;
    if (head->status < 100 || head->status > 599 || !text_is_field_value(head->reason))
        return refuse(h1, FAULT(upstream_garbage));
    const struct fault *fault = message_frame_response(head, stream->head_out.method);
    if (head->status == 101)
        fault = upgrade_check(&stream->head_out, head, stream->arena);
    if (fault != NULL)
        return refuse(h1, fault);
    if (head->status < 200 && head->status != 101)
        return interim_complete(h1);
    h1->keep = message_keeps_alive(head) &&
               (head->body != BODY_STREAM || fields_have(&head->fields, FIELD_TRANSFER_ENCODING));
    stream_mark(stream, HEAD_IN);
    h1->reading = H1_BODY;
    if (head->status == 101)
        return 2; /* llhttp: no body, and what follows isn't HTTP */
    return head->body == BODY_NONE ? 1 : 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct h1 *h1 = h1_of_parser(parser);
    struct head *head = &h1->stream->head_in;
    if (parser->http_major != 1 || parser->http_minor > 1)
        return refuse(h1, h1_is_server(h1) ? FAULT(bad_version) : FAULT(upstream_garbage));
    head->minor = parser->http_minor;
    h1->reader->head_bytes = 0;
    h1->reader->fed = 0;
    return h1_is_server(h1) ? request_head_complete(h1, parser) : response_head_complete(h1, parser);
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct h1 *h1 = h1_of_parser(parser);
    uint64_t limit = h1->session.settings->body;
    h1->reader->body_bytes += len;
    h1->reader->progress = at + len;
    if (h1_is_server(h1) && limit > 0 && h1->reader->body_bytes > limit)
        return refuse(h1, FAULT(body_too_large));
    if (!chain_append(&h1->stream->in, (struct slice){h1->reader->chunk, at, len}))
        return refuse(h1, FAULT(out_of_memory));
    stream_wake(h1->stream);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct h1 *h1 = h1_of_parser(parser);
    struct stream *stream = h1->stream;
    if (h1->reading == H1_IDLE)
        return HPE_PAUSED; /* of a 1xx: another head follows */
    h1->reading = H1_WAITS;
    if (!stream->head_in.upgrade)
        stream_mark(stream, END_IN);
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_status = on_status,
    .on_version = on_version,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void h1_reader_init(struct h1 *h1)
{
    llhttp_init(&h1->reader->parser, h1_is_server(h1) ? HTTP_REQUEST : HTTP_RESPONSE, &callbacks);
    h1->reader->parser.data = h1;
}

/* Bytes that no callback is given (blanks, line ends, leading zeros, chunk extensions) must not go on for ever: so many
 * may come without a whole head or a byte of the body. */
static bool is_endless(struct h1 *h1, struct slice slice)
{
    struct h1_reader *reader = h1->reader;
    if (reader->progress != NULL)
        reader->fed = (size_t)(slice.at + slice.len - reader->progress);
    else
        reader->fed += slice.len;
    return reader->fed > 2 * h1->session.settings->header_size;
}

/* For a version that begins in the next slice. */
static void remember_tail(struct h1_reader *reader, struct slice slice)
{
    size_t kept = sizeof reader->before;
    for (size_t i = 0; i < kept; i++)
        reader->before[i] =
            i + slice.len < kept ? reader->before[i + slice.len] : slice.at[slice.len - kept + i];
}

static const struct fault *fault_of(const struct h1 *h1, enum llhttp_errno error)
{
    if (h1->reader->why != NULL)
        return h1->reader->why;
    return error == HPE_OK ? too_large(h1, false) : malformed(h1);
}

/* It has begun with what is no answer. */
static void suspect(struct h1 *h1, struct slice slice)
{
    if (h1->session.streams == 1 && !h1->reader->has_version && h1->reader->interims == 0)
        session_suspect(&h1->session, slice);
}

static enum llhttp_errno execute(struct h1 *h1, struct slice slice)
{
    struct h1_reader *reader = h1->reader;
    reader->chunk = slice.chunk;
    reader->slice = slice.at;
    reader->progress = NULL;
    enum llhttp_errno error = llhttp_execute(&reader->parser, slice.at, slice.len);
    reader->chunk = NULL;
    return error;
}

/* The parser stops after a whole message, and when something is wrong. Behind a 1xx it begins anew, so that what that
 * one said of the connection means nothing. */
size_t h1_parse(struct h1 *h1, struct slice slice)
{
    size_t used = 0;
    for (;;) {
        struct slice rest = {slice.chunk, slice.at + used, slice.len - used};
        enum llhttp_errno error = execute(h1, rest);
        if (error == HPE_OK && !is_endless(h1, rest)) {
            remember_tail(h1->reader, rest);
            return slice.len;
        }
        if (error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE) {
            suspect(h1, rest);
            h1_fail(h1, fault_of(h1, error));
            return slice.len;
        }
        used = (size_t)(llhttp_get_error_pos(&h1->reader->parser) - slice.at);
        if (h1->reading != H1_IDLE)
            return used;
        h1_reader_init(h1);
    }
}
