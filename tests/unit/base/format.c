/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/format.h"

#define assert_written(call, expected)      \
    do {                                    \
        char out[64];                       \
        size_t written_ = (call);           \
        out[written_] = '\0';               \
        assert_string_equal(out, expected); \
    } while (0)

static void numbers_are_decimal_without_leading_zeros(void **state)
{
    (void)state;
    assert_written(format_number(0, out), "0");
    assert_written(format_number(7, out), "7");
    assert_written(format_number(1200, out), "1200");
    assert_written(format_number(UINT64_MAX, out), "18446744073709551615");
}

static void hexadecimal_is_lowercase_without_leading_zeros(void **state)
{
    (void)state;
    assert_written(format_hex(0, out), "0");
    assert_written(format_hex(15, out), "f");
    assert_written(format_hex(0x1f0, out), "1f0");
    assert_written(format_hex(UINT64_MAX, out), "ffffffffffffffff");
}

static void the_http_date_is_the_one_of_the_rfc(void **state)
{
    (void)state;
    assert_written(format_http_date(784111777, out), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_written(format_http_date(0, out), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void times_outside_of_four_digit_years_are_clamped(void **state)
{
    (void)state;
    assert_written(format_http_date(-5, out), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_written(format_http_date(INT64_MAX, out), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_written(format_iso_time(-5, out), "1970-01-01T00:00:00.000Z");
}

static void iso_times_have_milliseconds(void **state)
{
    (void)state;
    assert_written(format_iso_time(784111777007, out), "1994-11-06T08:49:37.007Z");
}

static void clf_times_are_in_utc(void **state)
{
    (void)state;
    assert_written(format_clf_time(784111777, out), "06/Nov/1994:08:49:37 +0000");
}

static void every_day_of_eight_centuries_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t seconds = 0; seconds < INT64_C(25246080000); seconds += 86400 - 1) {
        char expected[64];
        struct tm broken;
        time_t moment = (time_t)seconds;
        gmtime_r(&moment, &broken);
        strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &broken);
        assert_written(format_http_date(seconds, out), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_without_leading_zeros),
        cmocka_unit_test(hexadecimal_is_lowercase_without_leading_zeros),
        cmocka_unit_test(the_http_date_is_the_one_of_the_rfc),
        cmocka_unit_test(times_outside_of_four_digit_years_are_clamped),
        cmocka_unit_test(iso_times_have_milliseconds),
        cmocka_unit_test(clf_times_are_in_utc),
        cmocka_unit_test(every_day_of_eight_centuries_agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
