/* SPDX-License-Identifier: Apache-2.0 */
/* What a Range field asks for, of 100 bytes. */
#include "cache/range.h"

#include <stdio.h>

#include <cmocka.h>

static const struct asked {
    const char *field;
    const char *ranges; /* first+count ...; "": none can be satisfied; NULL: it is passed over */
} asked[] = {
    {"bytes=0-9", "0+10"},
    {"bytes=90-", "90+10"},
    {"Bytes=90-", "90+10"},
    {"bytes=-5", "95+5"},
    {"bytes=-500", "0+100"},
    {"bytes=99-99", "99+1"},
    {"bytes=0-99999999999999999", "0+100"},
    {"bytes=100-", ""},
    {"bytes=-0", ""},
    {"bytes=200-300,400-", ""},
    {"bytes=0-0, 5-5", "0+1 5+1"},
    {"bytes=5-5,0-0", "5+1 0+1"},
    {"bytes=0-0,,\t-1,", "0+1 99+1"},
    {"bytes=0-0,100-", "0+1"},
    {"bytes=0-49,50-99", "0+50 50+50"},
    {"bytes=0-50,50-99", NULL},
    {"bytes=0-,0-", NULL},
    {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15",
     "0+1 1+1 2+1 3+1 4+1 5+1 6+1 7+1 8+1 9+1 10+1 11+1 12+1 13+1 14+1 15+1"},
    {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16", NULL},
    {"bytes=", NULL},
    {"byte", NULL},
    {"bytes=0-99999999999999999999", "0+100"},
    {"bytes=-99999999999999999999", "0+100"},
    {"bytes=99999999999999999999-", ""},
    {"bytes=9223372036854775807-9223372036854775808", ""},
    {"bytes=0-9999999999999999999x", NULL},
    {"", NULL},
    {"bytes=,", NULL},
    {"bytes=-", NULL},
    {"bytes=5", NULL},
    {"bytes=9-5", NULL},
    {"bytes=0-0,x", NULL},
    {"bytes=0-0,9-5", NULL},
    {"lines=0-1", NULL},
    {"bytes 0-1", NULL},
};

static void ranges_are_read_as_they_are_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct byte_ranges ranges;
        char told[256] = "", *at = told;
        bool taken = ranges_read(text_of(asked[i].field), 100, &ranges);
        for (size_t n = 0; taken && n < ranges.count; n++)
            at += sprintf(at, "%s%llu+%llu", n > 0 ? " " : "", (unsigned long long)ranges.at[n].first,
                          (unsigned long long)ranges.at[n].count);
        if (asked[i].ranges == NULL ? taken : !taken || strcmp(told, asked[i].ranges) != 0)
            fail_msg("%s: %s", asked[i].field, taken ? told : "passed over");
    }
}

static void nothing_of_an_empty_body_can_be_given(void **state)
{
    struct byte_ranges ranges;
    (void)state;
    assert_true(ranges_read(TEXT("bytes=0-,-1"), 0, &ranges));
    assert_int_equal(ranges.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_as_they_are_meant),
        cmocka_unit_test(nothing_of_an_empty_body_can_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
