/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "http/grpc_web.h"

struct pipe {
    struct chunk_pool pool;
    struct chain from, to;
};

static void pipe_open(struct pipe *pipe)
{
    chunk_pool_init(&pipe->pool);
    chain_init(&pipe->from, &pipe->pool);
    chain_init(&pipe->to, &pipe->pool);
}

static void pipe_close(struct pipe *pipe)
{
    chain_clear(&pipe->from);
    chain_clear(&pipe->to);
    chunk_pool_clear(&pipe->pool);
}

static void check_output(struct pipe *pipe, struct text wanted)
{
    struct buffer got = {0};
    for (struct chain_link *link = pipe->to.first; link != NULL; link = link->next)
        buffer_add(&got, (struct text){link->slice.at, link->slice.len});
    if (!text_equal(buffer_text(&got), wanted))
        fail_msg("wanted %.*s, got %.*s", TEXT_ARGS(wanted), TEXT_ARGS(buffer_text(&got)));
    buffer_clear(&got);
}

/* In pieces of that many bytes, with the least room each. */
static const struct fault *read_pieces(struct pipe *pipe, struct text body, size_t piece)
{
    struct grpc_web_reader reader = {.kind = GRPC_WEB_TEXT};
    while (body.len > 0) {
        size_t len = body.len < piece ? body.len : piece;
        assert_true(chain_copy(&pipe->from, body.at, len));
        body = text_sub(body, len, body.len - len);
        while (!chain_is_empty(&pipe->from)) {
            size_t before = pipe->to.len;
            const struct fault *fault = grpc_web_read(&reader, &pipe->from, &pipe->to, 1);
            if (fault != NULL)
                return fault;
            assert_true(pipe->to.len <= before + 1);
        }
    }
    return grpc_web_read_end(&reader);
}

static void check_read(struct text body, struct text wanted)
{
    for (size_t piece = 1; piece < 8; piece++) {
        struct pipe pipe;
        pipe_open(&pipe);
        assert_null(read_pieces(&pipe, body, piece));
        check_output(&pipe, wanted);
        pipe_close(&pipe);
    }
}

static void check_refused(struct text body)
{
    struct pipe pipe;
    pipe_open(&pipe);
    assert_ptr_equal(read_pieces(&pipe, body, body.len), FAULT(bad_request));
    pipe_close(&pipe);
}

static void write_piece(struct grpc_web_writer *writer, struct pipe *pipe, struct text piece)
{
    assert_true(chain_copy(&pipe->from, piece.at, piece.len));
    while (!chain_is_empty(&pipe->from)) {
        size_t before = pipe->to.len;
        assert_null(grpc_web_write(writer, &pipe->from, &pipe->to, GRPC_WEB_ROOM_MIN));
        assert_true(pipe->to.len <= before + GRPC_WEB_ROOM_MIN);
    }
}

/* A body with the trailer Grpc-Status: 0, in pieces of every size and with the least room. */
static void check_written(enum grpc_web_kind kind, struct text body, struct text wanted)
{
    for (size_t piece = 1; piece <= body.len + 1; piece++) {
        struct grpc_web_writer writer = {.kind = kind};
        struct field status = {.name = TEXT("Grpc-Status"), .value = TEXT("0")};
        struct pipe pipe;
        pipe_open(&pipe);
        for (size_t at = 0; at < body.len; at += piece)
            write_piece(&writer, &pipe, text_sub(body, at, body.len - at < piece ? body.len - at : piece));
        assert_null(grpc_web_write_end(&writer, &(struct fields){.at = &status, .count = 1}, &pipe.to));
        check_output(&pipe, wanted);
        pipe_close(&pipe);
    }
}

static void a_kind_is_known_by_its_content_type(void **state)
{
    (void)state;
    assert_int_equal(grpc_web_kind_of(TEXT("application/grpc-web")), GRPC_WEB_BINARY);
    assert_int_equal(grpc_web_kind_of(TEXT("application/grpc-web+proto")), GRPC_WEB_BINARY);
    assert_int_equal(grpc_web_kind_of(TEXT("Application/gRPC-Web-Text; a=b")), GRPC_WEB_TEXT);
    assert_int_equal(grpc_web_kind_of(TEXT("application/grpc-web-text+proto")), GRPC_WEB_TEXT);
    assert_int_equal(grpc_web_kind_of(TEXT("application/grpc")), GRPC_WEB_NONE);
    assert_int_equal(grpc_web_kind_of(TEXT("application/grpc-web-texts")), GRPC_WEB_NONE);
    assert_int_equal(grpc_web_kind_of(TEXT("")), GRPC_WEB_NONE);
}

static enum grpc_web_kind answer_kind(const char *type, const char *accept)
{
    struct arena arena;
    struct head head = {.method = METHOD_POST};
    arena_init(&arena, 0);
    assert_true(fields_add_known(&head.fields, &arena, FIELD_CONTENT_TYPE, text_of(type)));
    assert_true(accept == NULL || fields_add_known(&head.fields, &arena, FIELD_ACCEPT, text_of(accept)));
    enum grpc_web_kind kind = grpc_web_answer_kind(&head);
    arena_clear(&arena);
    return kind;
}

static void an_answer_is_of_the_kind_that_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(answer_kind("application/grpc-web", NULL), GRPC_WEB_BINARY);
    assert_int_equal(answer_kind("application/grpc-web-text", "*/*"), GRPC_WEB_TEXT);
    assert_int_equal(answer_kind("application/grpc-web", "a/b, application/grpc-web-text"), GRPC_WEB_TEXT);
    assert_int_equal(answer_kind("application/grpc-web-text", "application/grpc-web+proto;q=1"),
                     GRPC_WEB_BINARY);
    assert_int_equal(answer_kind("application/grpc", "application/grpc-web-text"), GRPC_WEB_NONE);
    assert_int_equal(grpc_web_answer_kind(&(struct head){0}), GRPC_WEB_NONE);
}

static void content_types_keep_their_subtype(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 0);
#define CHECK_TYPE(got, wanted) assert_true(text_equal(got, TEXT(wanted)))
    CHECK_TYPE(grpc_web_type_to_grpc(TEXT("application/grpc-web"), &a), "application/grpc");
    CHECK_TYPE(grpc_web_type_to_grpc(TEXT("application/grpc-web-text+json;a"), &a), "application/grpc+json");
    CHECK_TYPE(grpc_web_type_of_grpc(TEXT("application/grpc"), GRPC_WEB_TEXT, &a),
               "application/grpc-web-text");
    CHECK_TYPE(grpc_web_type_of_grpc(TEXT("application/grpc+proto"), GRPC_WEB_BINARY, &a),
               "application/grpc-web+proto");
    CHECK_TYPE(grpc_web_type_of_grpc(TEXT("text/html"), GRPC_WEB_BINARY, &a), "application/grpc-web");
    arena_clear(&a);
}

static void a_text_is_decoded_in_pieces_of_every_size(void **state)
{
    (void)state;
    check_read(TEXT(""), TEXT(""));
    check_read(TEXT("AAAAAAFh"), TEXT("\0\0\0\0\1a"));
    check_read(TEXT("AAAAAAJhYg=="), TEXT("\0\0\0\0\2ab"));
}

static void messages_of_a_text_may_be_padded_each(void **state)
{
    (void)state;
    check_read(TEXT("AAAAAAJhYg==AAAAAAA=AAAAAAFh"), TEXT("\0\0\0\0\2ab\0\0\0\0\0\0\0\0\0\1a"));
    check_read(TEXT("AAAAAAJhYg==\r\nAAAAAAA=\n"), TEXT("\0\0\0\0\2ab\0\0\0\0\0"));
}

static void a_malformed_or_cut_text_is_refused(void **state)
{
    (void)state;
    check_refused(TEXT("****"));
    check_refused(TEXT("AAAA AAFh"));
    check_refused(TEXT("AAAAAAJhYg"));
    check_refused(TEXT("AAAAAAJhYg="));
    check_refused(TEXT("\0\0\0\0\1a"));
}

static void binary_bytes_pass_by_reference(void **state)
{
    struct grpc_web_reader reader = {.kind = GRPC_WEB_BINARY};
    struct grpc_web_writer writer = {.kind = GRPC_WEB_BINARY};
    struct pipe pipe;
    (void)state;
    pipe_open(&pipe);
    assert_true(chain_copy(&pipe.from, "\0\0\0\0\1a", 6));
    const char *at = pipe.from.first->slice.at;
    assert_null(grpc_web_read(&reader, &pipe.from, &pipe.to, 4));
    assert_int_equal(pipe.to.len, 4);
    assert_null(grpc_web_read(&reader, &pipe.from, &pipe.to, 100));
    assert_null(grpc_web_read_end(&reader));
    assert_ptr_equal(pipe.to.first->slice.at, at);
    assert_null(grpc_web_write(&writer, &pipe.to, &pipe.from, 100));
    assert_ptr_equal(pipe.from.first->slice.at, at);
    pipe_close(&pipe);
}

static void an_answer_ends_with_a_frame_of_trailers(void **state)
{
    (void)state;
    check_written(GRPC_WEB_BINARY, TEXT("\0\0\0\0\1a"), TEXT("\0\0\0\0\1a\x80\0\0\0\x10grpc-status: 0\r\n"));
    check_written(GRPC_WEB_BINARY, TEXT(""), TEXT("\x80\0\0\0\x10grpc-status: 0\r\n"));
}

static void each_message_of_a_text_is_padded(void **state)
{
#define END "gAAAABBncnBjLXN0YXR1czogMA0K"
    (void)state;
    check_written(GRPC_WEB_TEXT, TEXT(""), TEXT(END));
    check_written(GRPC_WEB_TEXT, TEXT("\0\0\0\0\1a"), TEXT("AAAAAAFh" END));
    check_written(GRPC_WEB_TEXT, TEXT("\0\0\0\0\2ab\0\0\0\0\0\0\0\0\0\1a"),
                  TEXT("AAAAAAJhYg==AAAAAAA=AAAAAAFh" END));
}

static void check_cut(enum grpc_web_kind kind, struct text body, bool cut)
{
    struct grpc_web_writer writer = {.kind = kind};
    struct pipe pipe;
    pipe_open(&pipe);
    write_piece(&writer, &pipe, body);
    const struct fault *fault = grpc_web_write_end(&writer, &(struct fields){0}, &pipe.to);
    assert_ptr_equal(fault, cut ? FAULT(upstream_garbage) : NULL);
    pipe_close(&pipe);
}

/* They would be read as its rest. */
static void no_trailers_follow_a_part_of_a_message(void **state)
{
    const struct text body = TEXT("\0\0\0\0\2ab\0\0\0\0\0\0\0\0\0\1a");
    (void)state;
    for (size_t len = 0; len <= body.len; len++) {
        bool whole = len == 0 || len == 7 || len == 12 || len == 18;
        check_cut(GRPC_WEB_BINARY, text_sub(body, 0, len), !whole);
        check_cut(GRPC_WEB_TEXT, text_sub(body, 0, len), !whole);
    }
}

static void a_text_waits_for_room(void **state)
{
    struct grpc_web_writer writer = {.kind = GRPC_WEB_TEXT};
    struct pipe pipe;
    (void)state;
    pipe_open(&pipe);
    assert_true(chain_copy(&pipe.from, "\0\0\0\0\1a", 6));
    assert_null(grpc_web_write(&writer, &pipe.from, &pipe.to, GRPC_WEB_ROOM_MIN - 1));
    assert_int_equal(pipe.from.len, 6);
    assert_null(grpc_web_write(&writer, &pipe.from, &pipe.to, 7));
    assert_int_equal(pipe.from.len, 3);
    pipe_close(&pipe);
}

static void a_field_that_is_no_line_is_left_out(void **state)
{
    struct grpc_web_writer writer = {.kind = GRPC_WEB_BINARY};
    struct field fields[] = {{.name = TEXT("a"), .value = TEXT("b\r\nc: d")},
                             {.name = TEXT("a:b"), .value = TEXT("c")},
                             {.name = TEXT(""), .value = TEXT("c")},
                             {.name = TEXT("X"), .value = TEXT("")}};
    struct pipe pipe;
    (void)state;
    pipe_open(&pipe);
    assert_null(grpc_web_write_end(&writer, &(struct fields){.at = fields, .count = 4}, &pipe.to));
    check_output(&pipe, TEXT("\x80\0\0\0\5x: \r\n"));
    pipe_close(&pipe);
}

static void a_slice_may_be_longer_than_a_chunk_for_copies(void **state)
{
    enum { LONG = 100000 };
    struct grpc_web_reader reader = {.kind = GRPC_WEB_TEXT};
    struct grpc_web_writer writer = {.kind = GRPC_WEB_TEXT};
    struct pipe pipe;
    (void)state;
    pipe_open(&pipe);
    struct chunk *chunk = chunk_new(&pipe.pool, LONG);
    assert_non_null(chunk);
    memset(chunk->bytes, 'A', LONG);
    assert_true(chain_push(&pipe.from, (struct slice){chunk, chunk->bytes, LONG}));
    assert_null(grpc_web_read(&reader, &pipe.from, &pipe.to, SIZE_MAX));
    assert_int_equal(pipe.to.len, LONG / 4 * 3);
    assert_null(grpc_web_write(&writer, &pipe.to, &pipe.from, SIZE_MAX));
    assert_true(chain_is_empty(&pipe.to));
    pipe_close(&pipe);
}

/* A message and trailers longer than a chunk for copies, to a text and back. */
static void long_bodies_go_there_and_back(void **state)
{
    enum { LONG = 100000 };
    struct grpc_web_writer writer = {.kind = GRPC_WEB_TEXT};
    struct grpc_web_reader reader = {.kind = GRPC_WEB_TEXT};
    struct pipe pipe;
    (void)state;
    char *bytes = malloc(LONG);
    assert_non_null(bytes);
    memset(bytes, 'a', LONG);
    struct field field = {.name = {bytes, 20000}, .value = {bytes, LONG}};
    pipe_open(&pipe);
    assert_true(chain_copy(&pipe.from, "\0\0\1\x86\xa0", 5));
    assert_true(chain_copy(&pipe.from, bytes, LONG));
    assert_null(grpc_web_write(&writer, &pipe.from, &pipe.to, SIZE_MAX));
    assert_true(chain_is_empty(&pipe.from));
    assert_int_equal(pipe.to.len, BASE64_LEN(LONG + 5));
    assert_null(grpc_web_write_end(&writer, &(struct fields){.at = &field, .count = 1}, &pipe.to));
    assert_null(grpc_web_read(&reader, &pipe.to, &pipe.from, SIZE_MAX));
    assert_null(grpc_web_read_end(&reader));
    assert_int_equal(pipe.from.len, LONG + 5 + 5 + 20000 + 4 + LONG);
    free(bytes);
    pipe_close(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_is_known_by_its_content_type),
        cmocka_unit_test(an_answer_is_of_the_kind_that_is_accepted),
        cmocka_unit_test(content_types_keep_their_subtype),
        cmocka_unit_test(a_text_is_decoded_in_pieces_of_every_size),
        cmocka_unit_test(messages_of_a_text_may_be_padded_each),
        cmocka_unit_test(a_malformed_or_cut_text_is_refused),
        cmocka_unit_test(binary_bytes_pass_by_reference),
        cmocka_unit_test(an_answer_ends_with_a_frame_of_trailers),
        cmocka_unit_test(each_message_of_a_text_is_padded),
        cmocka_unit_test(no_trailers_follow_a_part_of_a_message),
        cmocka_unit_test(a_text_waits_for_room),
        cmocka_unit_test(a_field_that_is_no_line_is_left_out),
        cmocka_unit_test(a_slice_may_be_longer_than_a_chunk_for_copies),
        cmocka_unit_test(long_bodies_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
