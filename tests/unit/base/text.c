/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#define assert_text(actual, literal) assert_true(text_equal((actual), TEXT(literal)))

static void equality_without_case_folds_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(TEXT("Content-LENGTH"), TEXT("content-length")));
    assert_false(text_equal_nocase(TEXT("@[`{"), TEXT("`{@[")));
    assert_false(text_equal_nocase(TEXT("\xc4"), TEXT("\xe4")));
    assert_false(text_equal_nocase(TEXT("a"), TEXT("ab")));
    assert_true(text_equal_nocase(TEXT_NONE, TEXT("")));
}

static void prefixes_and_suffixes_longer_than_the_text_do_not_match(void **state)
{
    (void)state;
    assert_true(text_starts(TEXT("/api/v1"), TEXT("/api")));
    assert_false(text_starts(TEXT("/ap"), TEXT("/api")));
    assert_true(text_starts(TEXT_NONE, TEXT("")));
    assert_true(text_starts_nocase(TEXT("Bytes=0-"), TEXT("bytes=")));
    assert_false(text_starts_nocase(TEXT("byte"), TEXT("bytes=")));
    assert_true(text_starts_nocase(TEXT_NONE, TEXT("")));
    assert_true(text_ends(TEXT("a.example"), TEXT(".example")));
    assert_false(text_ends(TEXT("example"), TEXT(".example")));
    assert_true(text_ends(TEXT_NONE, TEXT_NONE));
}

static void finding_a_byte_answers_the_length_when_it_is_absent(void **state)
{
    (void)state;
    assert_int_equal(text_find(TEXT("a:b:c"), ':'), 1);
    assert_int_equal(text_find(TEXT("abc"), ':'), 3);
    assert_int_equal(text_find(TEXT_NONE, ':'), 0);
    assert_int_equal(text_find((struct text){"a\0b", 3}, 'b'), 2);
}

static void containing_means_anywhere_and_the_empty_text_everywhere(void **state)
{
    (void)state;
    assert_true(text_contains(TEXT("abcd"), TEXT("cd")));
    assert_false(text_contains(TEXT("abcd"), TEXT("db")));
    assert_false(text_contains(TEXT("ab"), TEXT("abc")));
    assert_true(text_contains(TEXT_NONE, TEXT("")));
}

static void trimming_takes_spaces_and_tabs_but_no_line_ends(void **state)
{
    (void)state;
    assert_text(text_trim(TEXT(" \t a b\t ")), "a b");
    assert_text(text_trim(TEXT("\r\n")), "\r\n");
    assert_int_equal(text_trim(TEXT(" \t ")).len, 0);
}

static void splitting_returns_empty_parts_also_at_the_end(void **state)
{
    (void)state;
    struct text rest = TEXT("a,,b,");
    struct text part;
    assert_true(text_split(&rest, ',', &part));
    assert_text(part, "a");
    assert_true(text_split(&rest, ',', &part));
    assert_text(part, "");
    assert_true(text_split(&rest, ',', &part));
    assert_text(part, "b");
    assert_true(text_split(&rest, ',', &part));
    assert_text(part, "");
    assert_false(text_split(&rest, ',', &part));
}

static void a_text_without_the_separator_is_one_part(void **state)
{
    (void)state;
    struct text rest = TEXT("abc");
    struct text part;
    assert_true(text_split(&rest, ',', &part));
    assert_text(part, "abc");
    assert_false(text_split(&rest, ',', &part));
}

static void a_list_skips_empty_elements_and_trims_the_others(void **state)
{
    (void)state;
    struct text rest = TEXT(" , gzip ,,\tbr;q=1 , ");
    struct text element;
    assert_true(text_list_next(&rest, &element));
    assert_text(element, "gzip");
    assert_true(text_list_next(&rest, &element));
    assert_text(element, "br;q=1");
    assert_false(text_list_next(&rest, &element));
    assert_false(text_list_next(&rest, &element));
}

static void commas_in_quoted_strings_do_not_separate(void **state)
{
    (void)state;
    struct text rest = TEXT("a=\"x,\\\",y\", b");
    struct text element;
    assert_true(text_list_next(&rest, &element));
    assert_text(element, "a=\"x,\\\",y\"");
    assert_true(text_list_next(&rest, &element));
    assert_text(element, "b");
    rest = TEXT("a=\"open, b");
    assert_true(text_list_next(&rest, &element));
    assert_text(element, "a=\"open, b");
    assert_false(text_list_next(&rest, &element));
}

static void a_number_is_digits_only_and_bounded(void **state)
{
    (void)state;
    uint64_t number = 7;
    assert_true(text_to_number(TEXT("0"), 0, &number));
    assert_int_equal(number, 0);
    assert_true(text_to_number(TEXT("18446744073709551615"), UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_true(text_to_number(TEXT("65535"), 65535, &number));
    assert_int_equal(number, 65535);
    assert_false(text_to_number(TEXT("18446744073709551616"), UINT64_MAX, &number));
    assert_false(text_to_number(TEXT("65536"), 65535, &number));
    assert_false(text_to_number(TEXT("9"), 5, &number));
    assert_int_equal(number, 65535);
}

static void signs_spaces_and_nothing_are_no_numbers(void **state)
{
    (void)state;
    const char *wrong[] = {"", "+1", "-1", " 1", "1 ", "0x10", "1e3", "\xb2"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint64_t number = 7;
        assert_false(text_to_number(text_of(wrong[i]), UINT64_MAX, &number));
        assert_int_equal(number, 7);
    }
}

static void the_hash_depends_on_bytes_and_seed(void **state)
{
    (void)state;
    assert_true(text_hash(TEXT("abc"), 1) == text_hash(TEXT("abc"), 1));
    assert_true(text_hash(TEXT("abc"), 1) != text_hash(TEXT("abc"), 2));
    assert_true(text_hash(TEXT("abc"), 1) != text_hash(TEXT("acb"), 1));
    assert_true(text_hash(TEXT(""), 1) != text_hash((struct text){"\0", 1}, 1));
}

static void the_hash_spreads_similar_keys_over_its_low_bits(void **state)
{
    (void)state;
    unsigned hits[16] = {0};
    for (unsigned char i = 0; i < 160; i++)
        hits[text_hash((struct text){(const char *)&i, 1}, 42) & 15]++;
    for (unsigned i = 0; i < 16; i++)
        assert_in_range(hits[i], 1, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_without_case_folds_ascii_letters_only),
        cmocka_unit_test(prefixes_and_suffixes_longer_than_the_text_do_not_match),
        cmocka_unit_test(finding_a_byte_answers_the_length_when_it_is_absent),
        cmocka_unit_test(containing_means_anywhere_and_the_empty_text_everywhere),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_but_no_line_ends),
        cmocka_unit_test(splitting_returns_empty_parts_also_at_the_end),
        cmocka_unit_test(a_text_without_the_separator_is_one_part),
        cmocka_unit_test(a_list_skips_empty_elements_and_trims_the_others),
        cmocka_unit_test(commas_in_quoted_strings_do_not_separate),
        cmocka_unit_test(a_number_is_digits_only_and_bounded),
        cmocka_unit_test(signs_spaces_and_nothing_are_no_numbers),
        cmocka_unit_test(the_hash_depends_on_bytes_and_seed),
        cmocka_unit_test(the_hash_spreads_similar_keys_over_its_low_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
