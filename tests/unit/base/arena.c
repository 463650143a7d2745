/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    struct arena arena;
    unsigned char *pieces[500];
    arena_init(&arena, 0);
    for (size_t i = 0; i < 500; i++) {
        pieces[i] = arena_take(&arena, i);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i % 251);
    }
    arena_clear(&arena);
}

static void a_piece_larger_than_any_block_gets_its_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    char *large = arena_take(&arena, 1 << 20);
    assert_non_null(large);
    memset(large, 1, 1 << 20);
    assert_non_null(arena_take(&arena, 1));
    arena_clear(&arena);
}

static void blocks_double_up_to_64_kib(void **state)
{
    (void)state;
    struct arena arena;
    size_t most = 0, before = 0;
    arena_init(&arena, 0);
    assert_non_null(arena_take(&arena, 1));
    assert_int_equal(arena.taken, 4096);
    for (int i = 0; i < 20000; i++) {
        before = arena.taken;
        assert_non_null(arena_take(&arena, 16));
        if (arena.taken - before > most)
            most = arena.taken - before;
    }
    assert_int_equal(most, 65536);
    arena_clear(&arena);
}

static void the_limit_bounds_all_blocks_together(void **state)
{
    (void)state;
    struct arena arena;
    size_t given = 0;
    arena_init(&arena, 10000);
    while (arena_take(&arena, 100) != NULL)
        given += 100;
    assert_in_range(given, 8000, 10000);
    assert_true(arena.taken <= 10000);
    assert_null(arena_take(&arena, 9000));
    assert_null(
        arena_copy(&arena, TEXT("a rather long text that does not fit into what remains of the last block, "
                                "which is less than a hundred bytes"))
            .at);
    arena_clear(&arena);
    assert_int_equal(arena.taken, 0);
    assert_non_null(arena_take(&arena, 9000));
    arena_clear(&arena);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    struct text t = TEXT_NONE;
    arena_init(&arena, 0);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 15));
    assert_non_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_false(arena_append(&arena, &t, "", SIZE_MAX / 2));
    arena_clear(&arena);
}

static void zeroed_pieces_are_zero(void **state)
{
    (void)state;
    struct arena arena;
    static const char zeros[3000];
    arena_init(&arena, 0);
    for (int i = 0; i < 10; i++) {
        char *piece = arena_take_zeroed(&arena, sizeof(zeros));
        assert_memory_equal(piece, zeros, sizeof(zeros));
        memset(piece, 0xff, sizeof(zeros));
    }
    arena_clear(&arena);
}

static void a_copy_is_terminated_and_apart_from_its_origin(void **state)
{
    (void)state;
    struct arena arena;
    char origin[] = "abc";
    arena_init(&arena, 0);
    struct text copy = arena_copy(&arena, (struct text){origin, 3});
    origin[0] = 'x';
    assert_string_equal(copy.at, "abc");
    assert_int_equal(copy.len, 3);
    assert_string_equal(arena_copy(&arena, TEXT_NONE).at, "");
    arena_clear(&arena);
}

static void appending_to_the_last_piece_happens_in_place(void **state)
{
    (void)state;
    struct arena arena;
    struct text t = TEXT_NONE;
    arena_init(&arena, 0);
    assert_true(arena_append(&arena, &t, "abc", 3));
    const char *at = t.at;
    for (int i = 0; i < 100; i++)
        assert_true(arena_append(&arena, &t, "defgh", 5));
    assert_ptr_equal(t.at, at);
    assert_int_equal(t.len, 503);
    assert_memory_equal(t.at + 498, "defgh", 5);
    arena_clear(&arena);
}

static void appending_to_an_older_piece_moves_it(void **state)
{
    (void)state;
    struct arena arena;
    struct text t = TEXT_NONE;
    arena_init(&arena, 0);
    assert_true(arena_append(&arena, &t, "abc", 3));
    char *after = arena_take(&arena, 5);
    memset(after, 'z', 5);
    assert_true(arena_append(&arena, &t, "defghijklmnopqrstuvwxyz", 23));
    assert_true(text_equal(t, TEXT("abcdefghijklmnopqrstuvwxyz")));
    assert_memory_equal(after, "zzzzz", 5);
    assert_int_equal((uintptr_t)arena_take(&arena, 1) % 16, 0);
    arena_clear(&arena);
}

static void appending_across_blocks_keeps_every_byte(void **state)
{
    (void)state;
    struct arena arena;
    struct text t = TEXT_NONE;
    arena_init(&arena, 0);
    for (int i = 0; i < 100000; i++) {
        char digit = (char)('0' + i % 10);
        assert_true(arena_append(&arena, &t, &digit, 1));
    }
    assert_int_equal(t.len, 100000);
    for (size_t i = 0; i < t.len; i++)
        assert_int_equal(t.at[i], '0' + i % 10);
    assert_true(arena.taken < 1000000);
    arena_clear(&arena);
}

static void formatting_writes_a_terminated_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct text t = arena_format(&arena, "%s=%d", "max-age", 60);
    assert_string_equal(t.at, "max-age=60");
    assert_int_equal(t.len, 10);
    assert_int_equal(arena_format(&arena, "%9000d", 1).len, 9000);
    arena_clear(&arena);
    arena_init(&arena, 1);
    assert_null(arena_format(&arena, "x").at);
}

static void only_the_last_piece_can_be_given_back(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    char *first = arena_take(&arena, 32);
    char *second = arena_take(&arena, 48);
    size_t room = arena.room;
    arena_give_back(&arena, first, 32);
    assert_int_equal(arena.room, room);
    arena_give_back(&arena, second, 48);
    assert_int_equal(arena.room, room + 48);
    assert_ptr_equal(arena_take(&arena, 16), second);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_piece_larger_than_any_block_gets_its_own),
        cmocka_unit_test(blocks_double_up_to_64_kib),
        cmocka_unit_test(the_limit_bounds_all_blocks_together),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(zeroed_pieces_are_zero),
        cmocka_unit_test(a_copy_is_terminated_and_apart_from_its_origin),
        cmocka_unit_test(appending_to_the_last_piece_happens_in_place),
        cmocka_unit_test(appending_to_an_older_piece_moves_it),
        cmocka_unit_test(appending_across_blocks_keeps_every_byte),
        cmocka_unit_test(formatting_writes_a_terminated_text),
        cmocka_unit_test(only_the_last_piece_can_be_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
