/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that come in, one by one, of heads and trailers. */
#include "http/h2/wire.h"
#include "http/message.h"

enum { FIELD_OVERHEAD = 32 };

int h2_on_begin_head(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2 *h2 = user;
    h2->in_head = true;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        h2->reading = h2_find(ng, frame->hd.stream_id);
        return 0;
    }
    struct h2_stream *stream = h2->reading = h2_stream_new(h2, NULL);
    if (stream == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    stream->id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(ng, stream->id, stream);
    return 0;
}

static bool has_room(struct h2_stream *stream, size_t len)
{
    const struct h2 *h2 = h2_owner(stream);
    const struct fields *fields =
        stream->has_head ? &stream->stream.trailers_in : &stream->stream.head_in.fields;
    stream->head_bytes += len + FIELD_OVERHEAD;
    if (stream->bad == NULL && (stream->head_bytes > h2->session.settings->header_size ||
                                fields->count >= h2->session.settings->headers)) {
        stream->bad = h2_is_server(h2) ? FAULT(header_too_large) : FAULT(upstream_head_too_large);
        h2_count(h2, HTTP2_header_list);
    }
    return stream->bad == NULL;
}

static bool add_pseudo(struct h2_stream *stream, struct text name, struct text value)
{
    struct head *head = &stream->stream.head_in;
    uint64_t status = 0;
    if (text_equal(name, TEXT(":method")))
        head->method_text = value;
    else if (text_equal(name, TEXT(":path")))
        head->target = value;
    else if (text_equal(name, TEXT(":authority")))
        head->authority = value;
    else if (text_equal(name, TEXT(":scheme")))
        head->scheme = value;
    else if (text_equal(name, TEXT(":protocol")))
        stream->protocol = value;
    else if (text_equal(name, TEXT(":status")) && text_to_number(value, 599, &status))
        head->status = (uint16_t)status;
    else
        return false;
    return true;
}

static bool add_regular(struct h2_stream *stream, struct text name, struct text value)
{
    struct stream *common = &stream->stream;
    if (!stream->has_head)
        return fields_add(&common->head_in.fields, common->arena, name, value);
    struct field field = {name, value, field_id_of(name)};
    return !message_allows_trailer(&field) || fields_push(&common->trailers_in, common->arena, &field);
}

/* RFC 9113 section 8.1.1: the whole message; nothing more is told of it. */
static int refuse(struct h2 *h2, const struct h2_stream *stream)
{
    h2_count(h2, HTTP2_malformed);
    h2->in_head = false;
    if (stream != NULL && !stream->gone)
        nghttp2_submit_rst_stream(h2->ng, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int add(struct h2_stream *stream, struct text name, struct text value)
{
    bool pseudo = name.len > 0 && name.at[0] == ':';
    if (name.at == NULL || value.at == NULL) {
        stream->bad = FAULT(out_of_memory);
        return 0;
    }
    bool well_formed =
        pseudo ? add_pseudo(stream, name, value) : text_is_token(name) && text_is_field_value(value);
    if (!well_formed)
        return refuse(h2_owner(stream), stream);
    if (!pseudo && !add_regular(stream, name, value))
        stream->bad = FAULT(out_of_memory);
    return 0;
}

/* Those of HPACK's static table stay where they are. */
static struct text keep(struct h2_stream *stream, nghttp2_rcbuf *buffer)
{
    nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
    struct text text = {(const char *)bytes.base, bytes.len};
    return nghttp2_rcbuf_is_static(buffer) ? text : arena_copy(stream->stream.arena, text);
}

int h2_on_field(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                uint8_t flags, void *user)
{
    struct h2_stream *stream = ((struct h2 *)user)->reading;
    (void)ng;
    (void)frame;
    (void)flags;
    if (h2_is_dead(stream) ||
        !has_room(stream, nghttp2_rcbuf_get_buf(name).len + nghttp2_rcbuf_get_buf(value).len))
        return 0; /* still decoded, since the rest of the connection depends on it */
    return add(stream, keep(stream, name), keep(stream, value));
}

/* nghttp2 would leave it out. */
int h2_on_bad_field(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                    const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    (void)name;
    (void)name_len;
    (void)value;
    (void)value_len;
    (void)flags;
    return refuse(user, h2_find(ng, frame->hd.stream_id));
}
