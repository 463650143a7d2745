/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc_web.h"

#include "base/panic.h"
#include "http/grpc.h"

enum { TRAILER_FLAG = 0x80 }; /* in the first byte of a frame's prefix */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static const struct fault *move_binary(struct chain *from, struct chain *to, size_t room)
{
    size_t len = least(from->len, room);
    return chain_move(from, to, len) == len ? NULL : FAULT(out_of_memory);
}

/* Bytes never outgrow the characters they come from. */
static const struct fault *decode(struct base64_decoder *base64, struct text text, struct chain *to)
{
    size_t len;
    char *out = chunk_copy_room(to->pool, text.len);
    if (out == NULL)
        return FAULT(out_of_memory);
    if (!base64_decode(base64, text, out, &len))
        return FAULT(bad_request);
    return chain_push(to, chunk_copy_done(to->pool, len)) ? NULL : FAULT(out_of_memory);
}

const struct fault *grpc_web_read(struct grpc_web_reader *reader, struct chain *from, struct chain *to,
                                  size_t room)
{
    if (reader->kind != GRPC_WEB_TEXT)
        return move_binary(from, to, room);
    while (room > 0 && !chain_is_empty(from)) {
        struct slice slice = chain_front(from);
        size_t len = least(least(slice.len, room), CHUNK_COPY_SIZE);
        const struct fault *fault = decode(&reader->base64, (struct text){slice.at, len}, to);
        if (fault != NULL)
            return fault;
        chain_drop(from, len);
        room -= len;
    }
    return NULL;
}

const struct fault *grpc_web_read_end(const struct grpc_web_reader *reader)
{
    return base64_decode_end(&reader->base64) ? NULL : FAULT(bad_request);
}

/* As many bytes as encode_most allows at most; whole: padding follows them. */
static const struct fault *encode(struct base64_encoder *base64, struct text bytes, bool whole,
                                  struct chain *to)
{
    char *out = chunk_copy_room(to->pool, BASE64_LEN(base64->count + bytes.len));
    if (out == NULL)
        return FAULT(out_of_memory);
    size_t len = base64_encode(base64, bytes, out);
    if (whole)
        len += base64_encode_end(base64, out + len);
    return chain_push(to, chunk_copy_done(to->pool, len)) ? NULL : FAULT(out_of_memory);
}

/* How many bytes may be encoded so that they and their padding fit into room and into one copy; 0 when none. */
static size_t encode_most(const struct base64_encoder *base64, size_t room)
{
    size_t groups = least(room, CHUNK_COPY_SIZE) / 4;
    return groups == 0 ? 0 : groups * 3 - base64->count;
}

/* Follows the messages: how many of the bytes belong to the present one. prefix is 0 when they end it. */
static size_t follow_message(struct grpc_web_writer *writer, struct text bytes)
{
    size_t len = 0;
    for (; writer->prefix < GRPC_PREFIX_SIZE && len < bytes.len; len++) {
        if (writer->prefix++ > 0)
            writer->left = writer->left << 8 | (unsigned char)bytes.at[len];
    }
    if (writer->prefix < GRPC_PREFIX_SIZE)
        return len;
    size_t part = least(writer->left, bytes.len - len);
    writer->left -= (uint32_t)part;
    if (writer->left == 0)
        writer->prefix = 0;
    return len + part;
}

static const struct fault *write_text(struct grpc_web_writer *writer, struct chain *from, struct chain *to,
                                      size_t room)
{
    while (room >= GRPC_WEB_ROOM_MIN && !chain_is_empty(from)) {
        struct slice slice = chain_front(from);
        size_t most = least(slice.len, encode_most(&writer->base64, room));
        size_t before = to->len;
        struct text bytes = {slice.at, follow_message(writer, (struct text){slice.at, most})};
        const struct fault *fault = encode(&writer->base64, bytes, writer->prefix == 0, to);
        if (fault != NULL)
            return fault;
        chain_drop(from, bytes.len);
        room -= to->len - before;
    }
    return NULL;
}

static void follow_messages(struct grpc_web_writer *writer, struct text bytes)
{
    while (bytes.len > 0) {
        size_t len = follow_message(writer, bytes);
        bytes = text_sub(bytes, len, bytes.len - len);
    }
}

static const struct fault *write_binary(struct grpc_web_writer *writer, struct chain *from, struct chain *to,
                                        size_t room)
{
    while (room > 0 && !chain_is_empty(from)) {
        struct slice slice = chain_front(from);
        size_t len = least(slice.len, room);
        follow_messages(writer, (struct text){slice.at, len});
        const struct fault *fault = move_binary(from, to, len);
        if (fault != NULL)
            return fault;
        room -= len;
    }
    return NULL;
}

const struct fault *grpc_web_write(struct grpc_web_writer *writer, struct chain *from, struct chain *to,
                                   size_t room)
{
    return writer->kind == GRPC_WEB_TEXT ? write_text(writer, from, to, room)
                                         : write_binary(writer, from, to, room);
}

/* Part of the trailer frame, whatever its length. */
static const struct fault *put(struct grpc_web_writer *writer, struct text bytes, struct chain *to)
{
    if (writer->kind != GRPC_WEB_TEXT)
        return chain_copy(to, bytes.at, bytes.len) ? NULL : FAULT(out_of_memory);
    const struct fault *fault = NULL;
    while (fault == NULL && bytes.len > 0) {
        size_t len = least(bytes.len, encode_most(&writer->base64, CHUNK_COPY_SIZE));
        fault = encode(&writer->base64, text_sub(bytes, 0, len), false, to);
        bytes = text_sub(bytes, len, bytes.len - len);
    }
    return fault;
}

static const struct fault *put_lower(struct grpc_web_writer *writer, struct text name, struct chain *to)
{
    char lower[64];
    const struct fault *fault = NULL;
    while (fault == NULL && name.len > 0) {
        size_t len = least(name.len, sizeof lower);
        for (size_t i = 0; i < len; i++)
            lower[i] = ascii_lower(name.at[i]);
        fault = put(writer, (struct text){lower, len}, to);
        name = text_sub(name, len, name.len - len);
    }
    return fault;
}

/* Bytes of the field's line; 0 when it can't be one. */
static size_t line_len(const struct field *field)
{
    bool fits = text_is_token(field->name) && text_is_field_value(field->value);
    return fits ? field->name.len + sizeof ": \r\n" - 1 + field->value.len : 0;
}

static const struct fault *put_line(struct grpc_web_writer *writer, const struct field *field,
                                    struct chain *to)
{
    if (line_len(field) == 0)
        return NULL;
    const struct fault *fault = put_lower(writer, field->name, to);
    if (fault == NULL)
        fault = put(writer, TEXT(": "), to);
    if (fault == NULL)
        fault = put(writer, field->value, to);
    return fault != NULL ? fault : put(writer, TEXT("\r\n"), to);
}

static const struct fault *put_prefix(struct grpc_web_writer *writer, const struct fields *trailers,
                                      struct chain *to)
{
    size_t len = 0;
    for (unsigned i = 0; i < trailers->count; i++)
        len += line_len(&trailers->at[i]);
    ASSERT(len <= UINT32_MAX);
    const char prefix[GRPC_PREFIX_SIZE] = {(char)TRAILER_FLAG, (char)(len >> 24), (char)(len >> 16),
                                           (char)(len >> 8), (char)len};
    return put(writer, (struct text){prefix, sizeof prefix}, to);
}

const struct fault *grpc_web_write_end(struct grpc_web_writer *writer, const struct fields *trailers,
                                       struct chain *to)
{
    if (writer->prefix != 0)
        return FAULT(upstream_garbage);
    const struct fault *fault = put_prefix(writer, trailers, to);
    for (unsigned i = 0; fault == NULL && i < trailers->count; i++)
        fault = put_line(writer, &trailers->at[i], to);
    return fault != NULL ? fault : encode(&writer->base64, TEXT(""), true, to);
}
