/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/names.h"
#include "conf/nearest.h"

static void a_swap_of_neighbours_counts_as_one_mistake(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance(TEXT("lsiten"), TEXT("listen")), 1);
    assert_int_equal(nearest_distance(TEXT("listen"), TEXT("Listen")), 0);
    assert_int_equal(nearest_distance(TEXT("kitten"), TEXT("sitting")), 3);
    assert_int_equal(nearest_distance(TEXT(""), TEXT("abc")), 3);
}

static struct text nearest_of(const char *wanted)
{
    struct nearest nearest = {.wanted = text_of(wanted)};
    nearest_offer(&nearest, TEXT("timeouts"));
    nearest_offer(&nearest, TEXT("listen"));
    nearest_offer(&nearest, TEXT("listeners"));
    return nearest.best;
}

static void the_nearest_word_is_suggested(void **state)
{
    (void)state;
    assert_true(text_equal(nearest_of("timeout"), TEXT("timeouts")));
    assert_true(text_equal(nearest_of("listners"), TEXT("listeners")));
}

static void what_resembles_nothing_gets_no_suggestion(void **state)
{
    char long_word[200];
    memset(long_word, 'x', sizeof long_word);
    long_word[199] = '\0';
    (void)state;
    assert_null(nearest_of("zebra").at);
    assert_null(nearest_of(long_word).at);
}

static void a_table_finds_each_of_many_names_and_no_other(void **state)
{
    struct arena arena;
    struct names names;
    (void)state;
    arena_init(&arena, 0);
    names_init(&names, &arena);
    assert_null(names_get(&names, TEXT("n1")));
    for (unsigned i = 0; i < 1000; i++)
        assert_non_null(names_add(&names, arena_format(&arena, "n%u", i), (struct place){"f", i, 1}));
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(names_get(&names, arena_format(&arena, "n%u", i))->index, i);
    assert_null(names_get(&names, TEXT("n1000")));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_of_neighbours_counts_as_one_mistake),
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(what_resembles_nothing_gets_no_suggestion),
        cmocka_unit_test(a_table_finds_each_of_many_names_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
