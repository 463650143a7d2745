/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings. The rest of the input as a body of each coding is decoded in rooms that are never overrun; encoded, it
 * decodes to itself; as Accept-Encoding, what is chosen is acceptable. The first byte says the size of pieces and rooms. */
#include "http/coder.h"
#include "base/buffer.h"
#include "base/panic.h"

static void take_all(struct chain *chain, struct buffer *buffer)
{
    for (struct chain_link *link = chain->first; link != NULL; link = link->next)
        buffer_add(buffer, (struct text){link->slice.at, link->slice.len});
    chain_clear(chain);
}

/* False when refused. */
static bool decode(enum coding coding, struct chain *coded, size_t room, struct buffer *got)
{
    struct coder *coder = coder_decoder(coding);
    const struct fault *fault = NULL;
    struct chain plain;
    ASSERT(coder != NULL);
    chain_init(&plain, coded->pool);
    for (bool more = true; fault == NULL && (more || coded->len > 0);) {
        size_t before = coded->len;
        fault = coder_feed(coder, coded, &plain, room);
        ASSERT(plain.len <= room && (fault != NULL || plain.len == room || coded->len == 0));
        more = plain.len == room;
        ASSERT(fault != NULL || more || coded->len < before || before == 0);
        take_all(&plain, got);
    }
    if (fault == NULL)
        fault = coder_end(coder, &plain);
    ASSERT(fault == NULL || fault == FAULT(upstream_garbage));
    coder_free(coder);
    return fault == NULL;
}

static void check_decoding(struct chunk_pool *pool, enum coding coding, struct text input, size_t room)
{
    struct buffer got = {0};
    struct chain coded;
    chain_init(&coded, pool);
    ASSERT(chain_copy(&coded, input.at, input.len));
    (void)decode(coding, &coded, room * 16, &got);
    ASSERT(got.len <= CODER_RATIO_FREE + room * 16 + (input.len + 1) * CODER_RATIO);
    chain_clear(&coded);
    buffer_clear(&got);
}

static void encode(enum coding coding, struct text input, size_t piece, struct chain *coded)
{
    struct coder *coder = coder_encoder(coding, piece % 2 == 0 ? input.len : UINT64_MAX);
    struct chain plain;
    ASSERT(coder != NULL);
    chain_init(&plain, coded->pool);
    for (size_t at = 0, len; at < input.len; at += len) {
        len = input.len - at < piece * 8 ? input.len - at : piece * 8;
        ASSERT(chain_copy(&plain, input.at + at, len));
        ASSERT(coder_feed(coder, &plain, coded, SIZE_MAX) == NULL && plain.len == 0);
        if (piece % 3 == 0)
            ASSERT(coder_flush(coder, coded) == NULL);
    }
    ASSERT(coder_end(coder, coded) == NULL);
    coder_free(coder);
}

static void check_way(struct chunk_pool *pool, enum coding coding, struct text input, size_t piece)
{
    struct buffer got = {0};
    struct chain coded;
    chain_init(&coded, pool);
    encode(coding, input, piece, &coded);
    ASSERT(decode(coding, &coded, piece * 4, &got));
    ASSERT(text_equal(buffer_text(&got), input));
    buffer_clear(&got);
}

static void check_acceptance(struct text input)
{
    static const enum coding order[] = {CODING_ZSTD, CODING_BR, CODING_GZIP};
    struct field field = {TEXT("Accept-Encoding"), input, FIELD_ACCEPT_ENCODING};
    struct fields fields = {&field, 1, 1, FIELD_BIT(ACCEPT_ENCODING)};
    struct acceptance acceptance = acceptance_read(&fields);
    enum coding chosen = acceptance_choose(&acceptance, order, 3);
    for (enum coding coding = 0; coding < CODING_COUNT; coding++) {
        ASSERT(acceptance.q[coding] <= CODING_Q_ONE);
        ASSERT(chosen == CODING_IDENTITY || acceptance.q[coding] <= acceptance.q[chosen]);
    }
    ASSERT(chosen == CODING_IDENTITY || acceptance.q[chosen] > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct chunk_pool pool;
    if (len < 2 || len > 32768)
        return 0;
    struct text input = {(const char *)bytes + 1, len - 1};
    chunk_pool_init(&pool);
    check_acceptance(input);
    for (enum coding coding = CODING_GZIP; coding < CODING_COUNT; coding++) {
        check_decoding(&pool, coding, input, bytes[0] + (size_t)1);
        check_way(&pool, coding, input, bytes[0] + (size_t)1);
    }
    chunk_pool_clear(&pool);
    return 0;
}
