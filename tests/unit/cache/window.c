/* SPDX-License-Identifier: Apache-2.0 */
/* What passes through a chain of bodies while several read it. */
#include "cache/window.h"

#include <stdio.h>

#include <cmocka.h>

#include "cache/reader.h"
#include "heads.h"
#include "net/inbox.h"

enum { PIECE = WINDOW_BODY / 2 };

static struct loop loop;

static int begin(void **state)
{
    (void)state;
    loop_init(&loop, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    loop_clear(&loop);
    return 0;
}

static void append(struct cache_body *body)
{
    static char bytes[PIECE];
    struct chain chain;
    chain_init(&chain, &loop.chunks);
    assert_true(chain_copy(&chain, bytes, sizeof bytes));
    assert_true(cache_body_append(body, &chain));
    chain_clear(&chain);
}

/* An object whose body goes on in a window, and the body that is written to now. */
static struct cache_object *outgrown(struct cache_body **writing)
{
    struct cache_object *object = cache_object_new(TEXT("k"), 1, cache_body_new(0));
    object->status = 200;
    *writing = cache_body_ref(object->body);
    append(*writing);
    *writing = cache_window_next(*writing);
    assert_non_null(*writing);
    return object;
}

static uint64_t take_all(struct stream *stream)
{
    uint64_t taken = 0;
    inbox_open(&loop);
    loop_beat(&loop);
    while (stream->in.len > 0) {
        taken += stream->in.len;
        chain_clear(&stream->in);
        stream_consumed(stream);
    }
    return taken;
}

static bool told;

static void tell(struct body_follower *follower)
{
    (void)follower;
    told = true;
}

static void readers_get_all_of_it_and_the_writer_waits_for_them(void **state)
{
    struct arena arena;
    struct cache_body *writing;
    struct body_follower writer = {.tell = tell};
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = outgrown(&writing);
    struct stream *fast = cache_reader_new(&loop, &arena, cache_object_ref(object), NULL);
    struct stream *slow = cache_reader_new(&loop, &arena, object, NULL);
    uint64_t written = PIECE, read = 0;
    while (!cache_window_waits(writing, &writer)) {
        append(writing);
        append(writing);
        written += 2 * (uint64_t)PIECE;
        writing = cache_window_next(writing);
        read += take_all(fast);
    }
    assert_int_equal(read, written);
    assert_int_equal(written, PIECE + WINDOW_BODIES * 2 * PIECE);
    told = false;
    assert_int_equal(take_all(slow), written);
    assert_true(told);
    assert_false(cache_window_waits(writing, &writer));
    append(writing);
    cache_body_end(writing, CACHE_BODY_WHOLE);
    cache_body_unref(writing);
    assert_int_equal(take_all(fast), PIECE);
    assert_int_equal(take_all(slow), PIECE);
    assert_true((fast->marks & END_IN) != 0 && (slow->marks & END_IN) != 0);
    stream_done(fast);
    stream_done(slow);
    arena_clear(&arena);
}

static void a_writer_learns_that_nobody_reads_any_more(void **state)
{
    struct arena arena;
    struct cache_body *writing;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = outgrown(&writing);
    struct stream *one = cache_reader_new(&loop, &arena, cache_object_ref(object), NULL);
    struct stream *other = cache_reader_new(&loop, &arena, object, NULL);
    append(writing);
    writing = cache_window_next(writing);
    take_all(one);
    assert_false(cache_window_is_alone(writing, 1));
    stream_done(other);
    assert_true(cache_window_is_alone(writing, 1));
    stream_done(one);
    assert_true(cache_window_is_alone(writing, 0));
    cache_body_end(writing, CACHE_BODY_BROKEN);
    cache_body_unref(writing);
    arena_clear(&arena);
}

static void what_breaks_off_breaks_for_all(void **state)
{
    struct arena arena;
    struct cache_body *writing;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = outgrown(&writing);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    append(writing);
    cache_body_end(writing, CACHE_BODY_BROKEN);
    cache_body_unref(writing);
    assert_int_equal(take_all(stream), 2 * PIECE);
    assert_true((stream->marks & RESET) != 0 && (stream->marks & END_IN) == 0);
    stream_done(stream);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readers_get_all_of_it_and_the_writer_waits_for_them, begin, end),
        cmocka_unit_test_setup_teardown(a_writer_learns_that_nobody_reads_any_more, begin, end),
        cmocka_unit_test_setup_teardown(what_breaks_off_breaks_for_all, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
