/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "base/format.h"
#include "http/date.h"

enum { NOW = 1795392000 /* 2026-11-23 */ };

static void check(const char *text, int64_t wanted)
{
    int64_t seconds = -1;
    if (!http_date_read(text_of(text), NOW, &seconds) || seconds != wanted)
        fail_msg("%s: %lld", text, (long long)seconds);
}

static void the_three_forms_are_read(void **state)
{
    (void)state;
    check("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    check("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    check("Sun Nov  6 08:49:37 1994", 784111777);
    check("Sun, 06 NOV 1994 08:49:37 gMT", 784111777);
    check("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    check("Wed, 31 Dec 1969 23:59:59 GMT", -1);
    check("Thu, 29 Feb 2024 12:00:00 GMT", 1709208000);
    check("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799);
    check("Sat Nov 26 08:49:37 1994", 785839777);
}

static void a_year_of_two_digits_is_at_most_50_years_ahead(void **state)
{
    (void)state;
    check("Friday, 01-Jan-77 00:00:00 GMT", 220924800);
    check("Tuesday, 01-Jan-30 00:00:00 GMT", 1893456000);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (int64_t at = 0; at < 253402300799; at += 86399 * 37) {
        char room[FORMAT_HTTP_DATE_MAX];
        int64_t seconds = -1;
        size_t len = format_http_date(at, room);
        assert_true(http_date_read((struct text){room, len}, NOW, &seconds));
        assert_int_equal(seconds, at);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "0",
                                        "-1",
                                        "now",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "Sun, 06 Nov 1994 08:49:37 GMT ",
                                        "Sun, 6 Nov 1994 08:49:37 GMT",
                                        "Sun, 31 Feb 1994 08:49:37 GMT",
                                        "Sun, 29 Feb 2023 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:60:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:61 GMT",
                                        "Sun, 00 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 0000 08:49:37 GMT",
                                        "Sun, +6 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-1994 08:49:37 GMT",
                                        "Sun Nov 6 08:49:37 1994",
                                        "Sun Nov  6 08:49:37 1994 GMT",
                                        "1994-11-06T08:49:37Z"};
    int64_t seconds;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (http_date_read(text_of(wrong[i]), NOW, &seconds))
            fail_msg("\"%s\" was taken for a date", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_are_read),
        cmocka_unit_test(a_year_of_two_digits_is_at_most_50_years_ahead),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_no_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
