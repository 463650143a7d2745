/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of gRPC-Web. The input as a text of a client, in pieces and at once, decodes to the same; as an answer's body it
 * is written as a text that decodes to itself and a frame of trailers. The first byte says the size of pieces and rooms. */
#include "http/grpc_web.h"
#include "base/buffer.h"
#include "base/panic.h"

static void take_all(struct chain *chain, struct buffer *buffer)
{
    for (struct chain_link *link = chain->first; link != NULL; link = link->next)
        buffer_add(buffer, (struct text){link->slice.at, link->slice.len});
    chain_clear(chain);
}

/* False when refused. */
static bool read_text(struct chunk_pool *pool, struct text input, size_t piece, struct buffer *got)
{
    struct grpc_web_reader reader = {.kind = GRPC_WEB_TEXT};
    const struct fault *fault = NULL;
    struct chain from;
    struct chain to;
    chain_init(&from, pool);
    chain_init(&to, pool);
    ASSERT(chain_copy(&from, input.at, input.len));
    while (fault == NULL && from.len > 0) {
        size_t before = to.len;
        size_t left = from.len;
        fault = grpc_web_read(&reader, &from, &to, piece);
        ASSERT(to.len <= before + piece && (fault != NULL || from.len < left));
    }
    if (fault == NULL)
        fault = grpc_web_read_end(&reader);
    ASSERT(fault == NULL || fault == FAULT(bad_request));
    chain_clear(&from);
    take_all(&to, got);
    return fault == NULL;
}

static void check_reading(struct chunk_pool *pool, struct text input, size_t piece)
{
    struct buffer pieces = {0};
    struct buffer whole = {0};
    bool good = read_text(pool, input, piece, &pieces);
    ASSERT(good == read_text(pool, input, SIZE_MAX / 2, &whole));
    ASSERT(!good || text_equal(buffer_text(&pieces), buffer_text(&whole)));
    buffer_clear(&pieces);
    buffer_clear(&whole);
}

/* The value of the trailer: what stands behind a message's prefix. */
static struct text value_of(struct text body)
{
    return body.len > 5 ? text_sub(body, 5, body.len - 5) : TEXT_NONE;
}

/* False when the input ends within a message. */
static bool write_text(struct chunk_pool *pool, struct text input, size_t room, struct buffer *got)
{
    struct grpc_web_writer writer = {.kind = GRPC_WEB_TEXT};
    struct field field = {.name = TEXT("A"), .value = value_of(input)};
    struct chain from;
    struct chain to;
    chain_init(&from, pool);
    chain_init(&to, pool);
    ASSERT(chain_copy(&from, input.at, input.len));
    while (from.len > 0) {
        size_t before = to.len;
        size_t left = from.len;
        ASSERT(grpc_web_write(&writer, &from, &to, room) == NULL);
        ASSERT(to.len <= before + room && from.len < left);
    }
    const struct fault *fault = grpc_web_write_end(&writer, &(struct fields){.at = &field, .count = 1}, &to);
    ASSERT(fault == NULL || fault == FAULT(upstream_garbage));
    take_all(&to, got);
    return fault == NULL;
}

static void check_written(struct chunk_pool *pool, struct text input, struct text written)
{
    struct buffer back = {0};
    ASSERT(read_text(pool, written, SIZE_MAX / 2, &back));
    struct text got = buffer_text(&back);
    ASSERT(got.len >= input.len + 5 && text_starts(got, input));
    ASSERT((unsigned char)got.at[input.len] == 0x80);
    struct text value = value_of(input);
    size_t line = text_is_field_value(value) ? value.len + sizeof "a: \r\n" - 1 : 0;
    ASSERT(got.len == input.len + 5 + line);
    buffer_clear(&back);
}

/* As messages, and as the content of one. */
static void check_writing(struct chunk_pool *pool, struct text input, size_t room)
{
    const char prefix[] = {0, 0, 0, (char)(input.len >> 8), (char)input.len};
    struct buffer message = {0}, text = {0};
    if (write_text(pool, input, room, &text))
        check_written(pool, input, buffer_text(&text));
    buffer_clear(&text);
    buffer_add(&message, (struct text){prefix, sizeof prefix});
    buffer_add(&message, input);
    ASSERT(write_text(pool, buffer_text(&message), room, &text));
    check_written(pool, buffer_text(&message), buffer_text(&text));
    buffer_clear(&message);
    buffer_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct chunk_pool pool;
    if (len < 2 || len > 32768)
        return 0;
    struct text input = {(const char *)bytes + 1, len - 1};
    chunk_pool_init(&pool);
    check_reading(&pool, input, bytes[0] + 1u);
    check_writing(&pool, input, bytes[0] + (size_t)GRPC_WEB_ROOM_MIN);
    chunk_pool_clear(&pool);
    return 0;
}
