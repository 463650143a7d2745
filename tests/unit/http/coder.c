/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "http/coder.h"

enum { LONG = 300 * 1000 };

struct pipe {
    struct chunk_pool pool;
    struct chain plain, coded;
};

static const enum coding codings[] = {CODING_GZIP, CODING_BR, CODING_ZSTD};

#define EACH_CODING(coding) \
    for (enum coding i_ = 0, coding = CODING_GZIP; i_ < 3 && (coding = codings[i_], true); i_++)

static void pipe_open(struct pipe *pipe)
{
    chunk_pool_init(&pipe->pool);
    chain_init(&pipe->plain, &pipe->pool);
    chain_init(&pipe->coded, &pipe->pool);
}

static void pipe_close(struct pipe *pipe)
{
    chain_clear(&pipe->plain);
    chain_clear(&pipe->coded);
    chunk_pool_clear(&pipe->pool);
}

static void take(struct chain *chain, struct buffer *buffer)
{
    for (struct chain_link *link = chain->first; link != NULL; link = link->next)
        buffer_add(buffer, (struct text){link->slice.at, link->slice.len});
    chain_clear(chain);
}

/* Something like prose, not the same everywhere. */
static char *long_text(void)
{
    static const char *const words[] = {"chain ", "stream ", "session ", "exchange ", "loop ", "beat\n"};
    char *bytes = malloc(LONG + 16);
    uint32_t random = 1;
    for (size_t len = 0; len < LONG;) {
        random = random * 1664525 + 1013904223;
        const char *word = words[(random >> 16) % 6];
        memcpy(bytes + len, word, strlen(word));
        len += strlen(word);
    }
    return bytes;
}

static void encode(struct pipe *pipe, enum coding coding, struct text body, size_t piece)
{
    struct coder *coder = coder_encoder(coding, body.len);
    assert_non_null(coder);
    while (body.len > 0) {
        size_t len = body.len < piece ? body.len : piece;
        assert_true(chain_copy(&pipe->plain, body.at, len));
        assert_null(coder_feed(coder, &pipe->plain, &pipe->coded, SIZE_MAX));
        assert_true(chain_is_empty(&pipe->plain));
        body = text_sub(body, len, body.len - len);
    }
    assert_null(coder_end(coder, &pipe->coded));
    coder_free(coder);
}

/* All that is coded, with so much room each; the fault of the end. */
static const struct fault *decode(struct pipe *pipe, enum coding coding, size_t room, struct buffer *got)
{
    struct coder *coder = coder_decoder(coding);
    const struct fault *fault = NULL;
    bool more = true;
    assert_non_null(coder);
    while (fault == NULL && (more || !chain_is_empty(&pipe->coded))) {
        fault = coder_feed(coder, &pipe->coded, &pipe->plain, room);
        assert_true(pipe->plain.len <= room);
        more = pipe->plain.len == room;
        take(&pipe->plain, got);
    }
    if (fault == NULL)
        fault = coder_end(coder, &pipe->plain);
    coder_free(coder);
    return fault;
}

static void check_way(enum coding coding, struct text body, size_t piece, size_t room)
{
    struct pipe pipe;
    struct buffer got = {0};
    pipe_open(&pipe);
    encode(&pipe, coding, body, piece);
    assert_true(body.len < 1000 || pipe.coded.len < body.len / 3);
    assert_null(decode(&pipe, coding, room, &got));
    assert_true(text_equal(buffer_text(&got), body));
    buffer_clear(&got);
    pipe_close(&pipe);
}

static void what_is_encoded_decodes_to_itself(void **state)
{
    (void)state;
    char *bytes = long_text();
    EACH_CODING(coding)
    {
        check_way(coding, (struct text){bytes, LONG}, 65536, 65536);
        check_way(coding, (struct text){bytes, LONG}, 1001, 777);
        check_way(coding, (struct text){bytes, 5000}, 1, 1);
        check_way(coding, (struct text){bytes, 1}, 1, 10);
        check_way(coding, TEXT(""), 1, 10);
    }
    free(bytes);
}

static void what_was_flushed_can_be_decoded(void **state)
{
    (void)state;
    EACH_CODING(coding)
    {
        struct pipe pipe;
        struct coder *encoder = coder_encoder(coding, UINT64_MAX);
        struct coder *decoder = coder_decoder(coding);
        pipe_open(&pipe);
        for (int i = 0; i < 5; i++) {
            struct buffer got = {0};
            assert_true(chain_copy(&pipe.plain, "data: 1\n\n", 9));
            assert_null(coder_feed(encoder, &pipe.plain, &pipe.coded, SIZE_MAX));
            assert_null(coder_flush(encoder, &pipe.coded));
            assert_null(coder_feed(decoder, &pipe.coded, &pipe.plain, 1000));
            take(&pipe.plain, &got);
            assert_true(text_equal(buffer_text(&got), TEXT("data: 1\n\n")));
            assert_ptr_equal(coder_end(decoder, &pipe.plain), FAULT(upstream_garbage));
            buffer_clear(&got);
        }
        coder_free(encoder);
        coder_free(decoder);
        pipe_close(&pipe);
    }
}

static void a_body_that_is_cut_or_goes_on_is_refused(void **state)
{
    (void)state;
    EACH_CODING(coding)
    {
        struct pipe pipe;
        struct buffer coded = {0}, got = {0};
        pipe_open(&pipe);
        encode(&pipe, coding, TEXT("hello hello hello"), 100);
        take(&pipe.coded, &coded);
        for (size_t len = 0; len < coded.len; len++) {
            assert_true(chain_copy(&pipe.coded, coded.at, len));
            assert_ptr_equal(decode(&pipe, coding, 100, &got), FAULT(upstream_garbage));
            chain_clear(&pipe.coded);
        }
        assert_true(chain_copy(&pipe.coded, coded.at, coded.len));
        assert_true(chain_copy(&pipe.coded, "xxxxx", 5));
        assert_ptr_equal(decode(&pipe, coding, 100, &got), FAULT(upstream_garbage));
        buffer_clear(&coded);
        buffer_clear(&got);
        pipe_close(&pipe);
    }
}

static void several_members_are_one_body(void **state)
{
    (void)state;
    static const enum coding joined[] = {CODING_GZIP, CODING_ZSTD};
    for (size_t i = 0; i < 2; i++) {
        struct pipe pipe;
        struct buffer got = {0};
        pipe_open(&pipe);
        encode(&pipe, joined[i], TEXT("one,"), 100);
        encode(&pipe, joined[i], TEXT("two"), 100);
        assert_null(decode(&pipe, joined[i], 3, &got));
        assert_true(text_equal(buffer_text(&got), TEXT("one,two")));
        buffer_clear(&got);
        pipe_close(&pipe);
    }
}

/* Zeros: gzip makes 1:1030 of them, the others far more, which nobody sends in earnest. */
static void bombs_are_refused(void **state)
{
    (void)state;
    char *zeros = calloc(1, 8 * 1024 * 1024);
    EACH_CODING(coding)
    {
        struct pipe pipe;
        struct buffer got = {0};
        pipe_open(&pipe);
        encode(&pipe, coding, (struct text){zeros, 8 * 1024 * 1024}, 65536);
        const struct fault *fault = decode(&pipe, coding, 16384, &got);
        assert_ptr_equal(fault, coding == CODING_GZIP ? NULL : FAULT(upstream_garbage));
        assert_true(coding == CODING_GZIP || got.len < (size_t)4 * CODER_RATIO_FREE);
        buffer_clear(&got);
        pipe_close(&pipe);
    }
    free(zeros);
}

static void there_are_only_so_many_at_once(void **state)
{
    static struct coder *coders[8192];
    (void)state;
    for (int round = 0; round < 2; round++) {
        size_t count = 0;
        while (count < 8192 && (coders[count] = coder_encoder(CODING_GZIP, UINT64_MAX)) != NULL)
            count++;
        assert_in_range(count, 256, 4096);
        assert_null(coder_decoder(CODING_BR));
        while (count > 0)
            coder_free(coders[--count]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_decodes_to_itself),
        cmocka_unit_test(what_was_flushed_can_be_decoded),
        cmocka_unit_test(a_body_that_is_cut_or_goes_on_is_refused),
        cmocka_unit_test(several_members_are_one_body),
        cmocka_unit_test(there_are_only_so_many_at_once),
        cmocka_unit_test(bombs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
