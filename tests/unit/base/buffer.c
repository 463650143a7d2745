/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"

#define assert_buffer(buffer, literal) assert_true(text_equal(buffer_text(buffer), TEXT(literal)))

static void a_growing_buffer_keeps_everything(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_EMPTY;
    for (int i = 0; i < 1000; i++) {
        buffer_add(&buffer, TEXT("ab"));
        buffer_byte(&buffer, '-');
        buffer_number(&buffer, 42);
    }
    assert_int_equal(buffer.len, 5000);
    assert_memory_equal(buffer.at + 4995, "ab-42", 5);
    assert_false(buffer.short_of_room);
    buffer_clear(&buffer);
    assert_null(buffer.at);
}

static void printf_of_any_length_fits_a_growing_buffer(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_EMPTY;
    buffer_printf(&buffer, "%s=%d", "a", 1);
    assert_buffer(&buffer, "a=1");
    buffer_printf(&buffer, "%511d", 1);
    buffer_printf(&buffer, "%512d", 2);
    buffer_printf(&buffer, "%5000d", 3);
    assert_int_equal(buffer.len, 3 + 511 + 512 + 5000);
    assert_int_equal(buffer.at[buffer.len - 1], '3');
    buffer_clear(&buffer);
}

static void a_bounded_buffer_keeps_a_prefix_and_says_so(void **state)
{
    (void)state;
    char bytes[5] = "....";
    struct buffer buffer = buffer_over(bytes, 4);
    buffer_add(&buffer, TEXT("abc"));
    assert_false(buffer.short_of_room);
    buffer_add(&buffer, TEXT("def"));
    assert_true(buffer.short_of_room);
    assert_buffer(&buffer, "abcd");
    buffer_byte(&buffer, 'x');
    buffer_add(&buffer, TEXT(""));
    assert_buffer(&buffer, "abcd");
    assert_int_equal(bytes[4], '\0');
}

static void nothing_is_added_behind_a_gap(void **state)
{
    (void)state;
    char bytes[4];
    struct buffer buffer = buffer_over(bytes, 4);
    buffer_add(&buffer, TEXT("abc"));
    buffer_json_escape(&buffer, TEXT("\n!"));
    assert_buffer(&buffer, "abc");
    assert_true(buffer.short_of_room);
}

static void json_strings_escape_what_json_must(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_EMPTY;
    buffer_json_string(&buffer, (struct text){"a\"b\\c\n\r\t\0\x1f\x7f/", 12});
    assert_buffer(&buffer, "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\\u007f/\"");
    buffer_clear(&buffer);
}

static void json_strings_keep_utf8_and_replace_the_rest(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_EMPTY;
    buffer_json_string(&buffer, TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \xff \xc3"));
    assert_buffer(&buffer, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbf\xbd\"");
    buffer_clear(&buffer);
}

static void json_strings_hide_c1_controls_from_terminals(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_EMPTY;
    buffer_json_string(&buffer, TEXT("\xc2\x9b"));
    assert_buffer(&buffer, "\"\\u009b\"");
    buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_growing_buffer_keeps_everything),
        cmocka_unit_test(printf_of_any_length_fits_a_growing_buffer),
        cmocka_unit_test(a_bounded_buffer_keeps_a_prefix_and_says_so),
        cmocka_unit_test(nothing_is_added_behind_a_gap),
        cmocka_unit_test(json_strings_escape_what_json_must),
        cmocka_unit_test(json_strings_keep_utf8_and_replace_the_rest),
        cmocka_unit_test(json_strings_hide_c1_controls_from_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
