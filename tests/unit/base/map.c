/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"

static struct map map;

static int start(void **state)
{
    (void)state;
    map_init(&map);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    map_clear(&map);
    return 0;
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    size_t position = 0;
    assert_null(map_find(&map, TEXT("a")));
    assert_null(map_next(&map, &position));
}

static void what_was_inserted_is_found_by_equal_bytes(void **state)
{
    (void)state;
    int a = 1, b = 2, none = 3;
    char key[] = "api.example";
    assert_true(map_insert(&map, TEXT("api.example"), &a, NULL));
    assert_true(map_insert(&map, TEXT("API.example"), &b, NULL));
    assert_true(map_insert(&map, TEXT(""), &none, NULL));
    assert_ptr_equal(map_find(&map, text_of(key)), &a);
    assert_ptr_equal(map_find(&map, TEXT("API.example")), &b);
    assert_ptr_equal(map_find(&map, TEXT_NONE), &none);
    assert_null(map_find(&map, TEXT("api.exampl")));
    assert_null(map_find(&map, TEXT("api.example\n")));
}

static void inserting_a_key_again_gives_what_it_had_before(void **state)
{
    (void)state;
    int a = 1, b = 2;
    void *before = &a;
    assert_true(map_insert(&map, TEXT("k"), &a, &before));
    assert_null(before);
    assert_true(map_insert(&map, TEXT("k"), &b, &before));
    assert_ptr_equal(before, &a);
    assert_ptr_equal(map_find(&map, TEXT("k")), &b);
    assert_int_equal(map.count, 1);
}

static void growing_loses_and_doubles_nothing(void **state)
{
    (void)state;
    static char keys[5000][16];
    static bool seen[5000];
    for (int i = 0; i < 5000; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        assert_true(map_insert(&map, text_of(keys[i]), keys[i], NULL));
    }
    for (int i = 0; i < 5000; i++)
        assert_ptr_equal(map_find(&map, text_of(keys[i])), keys[i]);
    assert_null(map_find(&map, TEXT("k5000")));
    size_t position = 0, walked = 0;
    for (const struct map_entry *entry; (entry = map_next(&map, &position)) != NULL; walked++) {
        size_t index = (size_t)((char(*)[16])entry->value - keys);
        assert_false(seen[index]);
        seen[index] = true;
    }
    assert_int_equal(walked, 5000);
    assert_int_equal(map.count, 5000);
}

static void the_seed_is_drawn_once(void **state)
{
    (void)state;
    assert_true(map_seed() == map_seed());
    assert_true(map_seed() != 0);
}

/* Against an array: keys come and go, so that runs of entries form and break up, also around the end of the table. */
static void what_was_removed_is_gone_and_the_rest_is_found(void **state)
{
    (void)state;
    enum { KEYS = 64 };
    static char names[KEYS][16];
    bool in[KEYS] = {false};
    uint32_t dice = 1;
    for (int i = 0; i < KEYS; i++)
        snprintf(names[i], sizeof names[i], "k%d", i);
    for (int round = 0; round < 20000; round++) {
        dice = dice * 1664525u + 1013904223u;
        size_t i = (dice >> 16) % KEYS;
        if (in[i])
            assert_ptr_equal(map_remove(&map, text_of(names[i])), names[i]);
        else
            assert_true(map_insert(&map, text_of(names[i]), names[i], NULL));
        in[i] = !in[i];
        for (size_t k = 0; k < KEYS; k++)
            assert_ptr_equal(map_find(&map, text_of(names[k])), in[k] ? names[k] : NULL);
    }
    assert_null(map_remove(&map, TEXT("never")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_removed_is_gone_and_the_rest_is_found, start, stop),
        cmocka_unit_test_setup_teardown(an_empty_map_has_nothing, start, stop),
        cmocka_unit_test_setup_teardown(what_was_inserted_is_found_by_equal_bytes, start, stop),
        cmocka_unit_test_setup_teardown(inserting_a_key_again_gives_what_it_had_before, start, stop),
        cmocka_unit_test_setup_teardown(growing_loses_and_doubles_nothing, start, stop),
        cmocka_unit_test(the_seed_is_drawn_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
