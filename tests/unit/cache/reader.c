/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/reader.h"

#include <pthread.h>

#include "heads.h"
#include "net/inbox.h"

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

static void append(struct cache_body *body, const char *bytes, size_t len)
{
    struct loop other;
    struct chain chain;
    loop_init(&other, NULL);
    chain_init(&chain, &other.chunks);
    assert_true(chain_copy(&chain, bytes, len));
    assert_true(cache_body_append(body, &chain));
    chain_clear(&chain);
    loop_clear(&other);
}

static struct cache_object *make(struct arena *arena, size_t expected)
{
    struct cache_object *object = cache_object_new(TEXT("k"), 1, cache_body_new(expected));
    struct fields fields =
        fields_of(arena, "Content-Type: text/plain\nX-Empty:\nAge: 5\nConnection: x-hop\nX-Hop: 1");
    assert_true(cache_object_keep_fields(object, &fields));
    object->status = 200;
    return object;
}

static size_t take(struct stream *stream)
{
    size_t len = stream->in.len;
    chain_clear(&stream->in);
    stream_consumed(stream);
    return len;
}

static void a_stored_answer_is_a_stream(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 5);
    append(object->body, "hello", 5);
    cache_body_end(object->body, CACHE_BODY_WHOLE);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    assert_int_equal(stream->marks, HEAD_IN | END_IN);
    assert_int_equal(stream->head_in.status, 200);
    assert_int_equal(stream->head_in.fields.count, 2);
    assert_memory_equal(chain_front(&stream->in).at, "hello", 5);
    stream_done(stream);
    arena_clear(&arena);
}

static void its_head_outlives_it(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 5);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    stream_done(stream);
    assert_true(text_equal(stream->head_in.fields.at[0].value, TEXT("text/plain")));
    arena_clear(&arena);
}

static void large_bodies_come_as_they_are_taken(void **state)
{
    static char bytes[700 * 1024];
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 0);
    append(object->body, bytes, sizeof bytes);
    cache_body_end(object->body, CACHE_BODY_WHOLE);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    size_t all = 0;
    while ((stream->marks & END_IN) == 0 || stream->in.len > 0) {
        assert_true(stream->in.len > 0 && stream->in.len <= STREAM_ROOM);
        all += take(stream);
    }
    assert_int_equal(all, sizeof bytes);
    stream_done(stream);
    arena_clear(&arena);
}

static void a_range_is_what_was_asked_for(void **state)
{
    struct arena arena;
    const struct cache_part part = {.range = {.first = 2, .count = 3}};
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 10);
    append(object->body, "0123456789", 10);
    cache_body_end(object->body, CACHE_BODY_WHOLE);
    const struct cache_reading reading = {object->body, &part, 1};
    struct stream *stream = cache_reader_new(&loop, &arena, object, &reading);
    assert_int_equal(stream->head_in.length, 3);
    assert_int_equal(stream->in.len, 3);
    assert_memory_equal(chain_front(&stream->in).at, "234", 3);
    assert_true((stream->marks & END_IN) != 0);
    stream_done(stream);
    arena_clear(&arena);
}

static char at_place(size_t place)
{
    return (char)(place % 251);
}

static struct cache_object *make_long(struct arena *arena, size_t len)
{
    static char bytes[1024 * 1024];
    struct cache_object *object = make(arena, 0);
    for (size_t i = 0; i < len; i++)
        bytes[i] = at_place(i);
    append(object->body, bytes, len);
    cache_body_end(object->body, CACHE_BODY_WHOLE);
    return object;
}

/* Checks the bytes against what they are at that place, and takes them. */
static uint64_t check_range(struct stream *stream, const struct byte_range *range)
{
    uint64_t seen = 0;
    while (seen < range->count) {
        struct slice slice = chain_front(&stream->in);
        size_t len = slice.len < range->count - seen ? slice.len : (size_t)(range->count - seen);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(slice.at[i], at_place((size_t)(range->first + seen) + i));
        chain_drop(&stream->in, len);
        stream_consumed(stream);
        seen += len;
    }
    return seen;
}

static void parts_come_one_after_the_other_in_any_order(void **state)
{
    struct arena arena;
    const struct cache_part parts[] = {{TEXT("<a>"), {900000, 100000}},
                                       {TEXT("<b>"), {5, 700000}},
                                       {TEXT("<c>"), {16384, 1}},
                                       {TEXT("<d>"), {0, 0}}};
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make_long(&arena, 1000000);
    const struct cache_reading reading = {object->body, parts, 4};
    struct stream *stream = cache_reader_new(&loop, &arena, object, &reading);
    assert_int_equal(stream->head_in.length, 4 * 3 + 100000 + 700000 + 1);
    for (size_t i = 0; i < 4; i++) {
        assert_memory_equal(chain_front(&stream->in).at, parts[i].before.at, 3);
        chain_drop(&stream->in, 3);
        stream_consumed(stream);
        (void)check_range(stream, &parts[i].range);
    }
    assert_true((stream->marks & END_IN) != 0 && chain_is_empty(&stream->in));
    stream_done(stream);
    arena_clear(&arena);
}

static bool woken;

static void wake(struct task *task)
{
    (void)task;
    woken = true;
}

static void deliver(void)
{
    inbox_open(&loop);
    loop_beat(&loop);
}

static void what_comes_later_wakes_the_reader(void **state)
{
    struct arena arena;
    struct task task = {.run = wake};
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 0);
    struct cache_body *body = cache_body_ref(object->body);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    stream_follow(stream, &loop.ready, &task);
    assert_int_equal(stream->in.len, 0);
    append(body, "one", 3);
    deliver();
    assert_true(woken && stream->in.len == 3);
    take(stream);
    append(body, "four", 4);
    cache_body_end(body, CACHE_BODY_WHOLE);
    deliver();
    assert_int_equal(take(stream), 4);
    assert_true((stream->marks & END_IN) != 0);
    stream_done(stream);
    cache_body_unref(body);
    arena_clear(&arena);
}

static void a_body_that_breaks_resets_its_readers(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 0);
    struct cache_body *body = cache_body_ref(object->body);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    append(body, "one", 3);
    cache_body_end(body, CACHE_BODY_BROKEN);
    deliver();
    assert_true((stream->marks & RESET) != 0);
    stream_done(stream);
    cache_body_unref(body);
    arena_clear(&arena);
}

static void a_reader_may_go_while_a_letter_is_on_its_way(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 0);
    struct cache_body *body = cache_body_ref(object->body);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    append(body, "one", 3);
    stream_done(stream);
    deliver();
    cache_body_end(body, CACHE_BODY_WHOLE);
    cache_body_unref(body);
    arena_clear(&arena);
}

enum { PIECES = 2000, PIECE = 700 };

static void *write_all(void *owner)
{
    char bytes[PIECE];
    for (int i = 0; i < PIECES; i++) {
        memset(bytes, i, sizeof bytes);
        append(owner, bytes, sizeof bytes);
    }
    cache_body_end(owner, CACHE_BODY_WHOLE);
    return NULL;
}

/* Every byte is the number of its piece. */
static size_t check(const struct chain *chain, size_t at)
{
    for (const struct chain_link *link = chain->first; link != NULL; link = link->next)
        for (size_t i = 0; i < link->slice.len; i++, at++)
            if ((unsigned char)link->slice.at[i] != (unsigned char)(at / PIECE))
                fail_msg("byte %zu", at);
    return at;
}

static void a_reader_follows_a_writer_in_another_thread(void **state)
{
    struct arena arena;
    pthread_t writer;
    size_t at = 0;
    (void)state;
    arena_init(&arena, 0);
    struct cache_object *object = make(&arena, 0);
    struct cache_body *body = cache_body_ref(object->body);
    struct stream *stream = cache_reader_new(&loop, &arena, object, NULL);
    assert_int_equal(pthread_create(&writer, NULL, write_all, body), 0);
    while ((stream->marks & END_IN) == 0 || stream->in.len > 0) {
        at = check(&stream->in, at);
        take(stream);
        deliver();
    }
    pthread_join(writer, NULL);
    assert_int_equal(at, PIECES * PIECE);
    stream_done(stream);
    cache_body_unref(body);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stored_answer_is_a_stream, begin, end),
        cmocka_unit_test_setup_teardown(its_head_outlives_it, begin, end),
        cmocka_unit_test_setup_teardown(large_bodies_come_as_they_are_taken, begin, end),
        cmocka_unit_test_setup_teardown(a_range_is_what_was_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(parts_come_one_after_the_other_in_any_order, begin, end),
        cmocka_unit_test_setup_teardown(what_comes_later_wakes_the_reader, begin, end),
        cmocka_unit_test_setup_teardown(a_body_that_breaks_resets_its_readers, begin, end),
        cmocka_unit_test_setup_teardown(a_reader_may_go_while_a_letter_is_on_its_way, begin, end),
        cmocka_unit_test_setup_teardown(a_reader_follows_a_writer_in_another_thread, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
