/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_read.h"

static struct arena arena;
static const char *problem;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, 16 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static const struct json *read_bytes(const char *bytes, size_t len)
{
    /* in memory of its own, so that a byte too far is seen */
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    const struct json *value = json_read(&arena, (struct text){copy, len}, &problem);
    free(copy);
    assert_true((value == NULL) == (problem != NULL));
    return value;
}

static const struct json *given(const char *written)
{
    return read_bytes(written, strlen(written));
}

#define assert_refused(written, part)                             \
    do {                                                          \
        assert_null(given(written));                              \
        assert_true(text_contains(text_of(problem), TEXT(part))); \
    } while (0)

static void values_of_every_kind_are_read(void **state)
{
    (void)state;
    const struct json *value =
        given(" {\"a\": [1, -2.5e+3, \"x\"], \"b\": true, \"c\" :false,\"d\":null, \"e\":{}}\r\n\t");
    assert_non_null(value);
    assert_int_equal(value->kind, JSON_OBJECT);
    assert_int_equal(value->count, 5);
    const struct json *list = json_get(value, "a");
    assert_int_equal(list->kind, JSON_LIST);
    assert_int_equal(list->count, 3);
    assert_true(text_equal(list->first->next->text, TEXT("-2.5e+3")));
    assert_true(text_equal(json_text(list->first->next->next), TEXT("x")));
    assert_true(json_get(value, "b")->truth);
    assert_int_equal(json_get(value, "c")->kind, JSON_BOOLEAN);
    assert_false(json_get(value, "c")->truth);
    assert_int_equal(json_get(value, "d")->kind, JSON_NULL);
    assert_int_equal(json_get(value, "e")->count, 0);
    assert_null(json_get(value, "f"));
    assert_null(json_get(list, "a"));
    assert_null(json_get(NULL, "a"));
}

static void escapes_become_utf8(void **state)
{
    (void)state;
    const struct json *value =
        given("\"\\\"\\\\\\/\\b\\f\\n\\r\\t \\u0041\\u00e9\\u20ac\\ud83d\\uDE00 \xc3\xa9\"");
    assert_non_null(value);
    assert_true(
        text_equal(json_text(value), TEXT("\"\\/\b\f\n\r\t A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xc3\xa9")));
    value = given("\"a\\u0000b\"");
    assert_true(text_equal(json_text(value), ((struct text){"a\0b", 3})));
}

static void whole_numbers_have_no_sign_fraction_or_exponent(void **state)
{
    (void)state;
    uint64_t number = 9;
    assert_true(json_whole(given("65535"), 65535, &number));
    assert_int_equal(number, 65535);
    assert_true(json_whole(given("0"), 0, &number));
    static const char *const others[] = {
        "65536", "-1", "1.0", "1e3", "\"1\"", "true", "18446744073709551616"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(json_whole(given(others[i]), 65535, &number));
    assert_false(json_whole(NULL, 1, &number));
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",          " ",         "{",           "[",        "{]",
        "[1,]",      "[,1]",      "{\"a\":1,}",  "{\"a\"}",  "{a:1}",
        "{1:1}",     "'a'",       "\"a",         "\"\\",     "\"\\\"",
        "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "01",       "-",
        "+1",        ".5",        "1.",          "1e",       "1e+",
        "--1",       "0x10",      "NaN",         "Infinity", "nul",
        "nulll",     "TRUE",      "true false",  "1 2",      "{}{}",
        "[1 2]",     "{\"a\" 1}", "{\"a\":}",    "// x\n1",  "\xef\xbb\xbf{}",
        "\"a\nb\"",  "\"a\tb\"",  "[1}",         "{\"a\":1]"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (given(others[i]) != NULL)
            fail_msg("%s was taken", others[i]);
    assert_null(read_bytes("{}\0", 3));
    assert_null(read_bytes("\"a\0b\"", 5));
    assert_null(read_bytes("\0", 1));
}

static void strings_that_are_no_text_are_refused(void **state)
{
    (void)state;
    assert_refused("\"\xff\"", "not UTF-8");
    assert_refused("\"\xc0\xaf\"", "not UTF-8");
    assert_refused("\"\xed\xa0\x80\"", "not UTF-8");
    assert_refused("\"\xc3\"", "not UTF-8");
    assert_refused("\"\\ud800\"", "escape");
    assert_refused("\"\\ud800\\u0041\"", "escape");
    assert_refused("\"\\udc00\\ud800\"", "escape");
    assert_refused("\"\\ud83d\\n\"", "escape");
}

static void a_key_given_twice_is_refused_however_it_is_written(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\"a\":1}", "twice");
    assert_refused("{\"a\":1,\"\\u0061\":2}", "twice");
    assert_refused("{\"\":1,\"\":2}", "twice");
    assert_non_null(given("{\"a\":{\"a\":1},\"A\":2}"));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char deep[2 * 100000 + 1] = {0};
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_non_null(given(deep));
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    assert_refused(deep, "too deep");
    memset(deep, '[', 200000);
    assert_refused(deep, "too deep");
}

static char *many(const char *format, size_t count)
{
    char *bytes = malloc(count * 16 + 3), *at = bytes;
    assert_non_null(bytes);
    *at++ = format[0] == '"' ? '{' : '[';
    for (size_t i = 0; i < count; i++) {
        at += snprintf(at, 16, format, i);
        *at++ = ',';
    }
    at[-1] = format[0] == '"' ? '}' : ']';
    at[0] = '\0';
    return bytes;
}

static void members_and_values_are_bounded(void **state)
{
    (void)state;
    char *fits = many("\"k%zu\":1", JSON_MEMBERS_MAX), *more = many("\"k%zu\":1", JSON_MEMBERS_MAX + 1);
    assert_non_null(given(fits));
    assert_refused(more, "more keys");
    free(fits);
    free(more);
    fits = many("%zu", JSON_VALUES_MAX - 1);
    more = many("%zu", JSON_VALUES_MAX);
    const struct json *list = given(fits);
    assert_int_equal(list->count, JSON_VALUES_MAX - 1);
    assert_refused(more, "more values");
    free(fits);
    free(more);
}

static void an_arena_that_is_full_is_a_problem_not_a_crash(void **state)
{
    (void)state;
    arena_clear(&arena);
    arena_init(&arena, 4096);
    char *fits = many("%zu", 1000);
    assert_null(given(fits));
    free(fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_every_kind_are_read, begin, end),
        cmocka_unit_test_setup_teardown(escapes_become_utf8, begin, end),
        cmocka_unit_test_setup_teardown(whole_numbers_have_no_sign_fraction_or_exponent, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_json_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(strings_that_are_no_text_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_key_given_twice_is_refused_however_it_is_written, begin, end),
        cmocka_unit_test_setup_teardown(depth_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(members_and_values_are_bounded, begin, end),
        cmocka_unit_test_setup_teardown(an_arena_that_is_full_is_a_problem_not_a_crash, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
