/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static size_t length(const char *bytes)
{
    return utf8_length(text_of(bytes));
}

static void characters_of_every_length_are_known(void **state)
{
    (void)state;
    assert_int_equal(length("a"), 1);
    assert_int_equal(length("\xc3\xa4"), 2);
    assert_int_equal(length("\xe2\x82\xac!"), 3);
    assert_int_equal(length("\xf0\x9f\x98\x80"), 4);
    assert_int_equal(length("\xf4\x8f\xbf\xbf"), 4);
    assert_int_equal(utf8_length((struct text){"\0", 1}), 1);
}

static void what_rfc_3629_forbids_has_no_length(void **state)
{
    (void)state;
    const char *wrong[] = {
        "",
        "\x80",
        "\xc3",
        "\xc3z",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(length(wrong[i]), 0);
}

static void controls_are_c0_del_and_c1(void **state)
{
    (void)state;
    assert_true(utf8_is_control(TEXT("\x1b"), 1));
    assert_true(utf8_is_control(TEXT("\x7f"), 1));
    assert_true(utf8_is_control(TEXT("\xc2\x9b"), 2));
    assert_false(utf8_is_control(TEXT(" "), 1));
    assert_false(utf8_is_control(TEXT("\xc2\xa0"), 2));
    assert_false(utf8_is_control(TEXT("\xc3\x9b"), 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_length_are_known),
        cmocka_unit_test(what_rfc_3629_forbids_has_no_length),
        cmocka_unit_test(controls_are_c0_del_and_c1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
