/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/value.h"

typedef const char *reader(struct text written, uint64_t *value);

static void expect(reader *read, const char *written, uint64_t wanted)
{
    uint64_t value = 12345;
    const char *wrong = read(text_of(written), &value);
    if (wrong != NULL)
        fail_msg("'%s' was refused: %s", written, wrong);
    assert_int_equal(value, wanted);
}

static void refuse(reader *read, const char *written)
{
    uint64_t value;
    if (read(text_of(written), &value) == NULL)
        fail_msg("'%s' was taken for %llu", written, (unsigned long long)value);
}

static void durations_are_in_milliseconds(void **state)
{
    (void)state;
    expect(value_duration, "250ms", 250);
    expect(value_duration, "5s", 5000);
    expect(value_duration, "2m", 120000);
    expect(value_duration, "1h", 3600000);
    expect(value_duration, "0", 0);
    expect(value_duration, "0s", 0);
}

static void a_duration_without_unit_is_refused(void **state)
{
    uint64_t value;
    (void)state;
    refuse(value_duration, "5");
    assert_non_null(strstr(value_duration(TEXT("5"), &value), "unit"));
}

static void what_is_no_duration_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "s",
                                        "-1s",
                                        "1.5s",
                                        "1 s",
                                        "1s ",
                                        "1sec",
                                        "99999999999999999999s",
                                        "18446744073709551s",
                                        "5000000h",
                                        "0x1s",
                                        "+1s"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuse(value_duration, wrong[i]);
}

static void sizes_are_multiples_of_1024(void **state)
{
    (void)state;
    expect(value_size, "512", 512);
    expect(value_size, "64k", 65536);
    expect(value_size, "10M", 10485760);
    expect(value_size, "1g", 1073741824);
    refuse(value_size, "1t");
    refuse(value_size, "k");
    refuse(value_size, "9999999999999g");
    refuse(value_size, "-1");
}

static void rates_are_an_hour(void **state)
{
    (void)state;
    expect(value_rate, "100/s", 360000);
    expect(value_rate, "6000/m", 360000);
    refuse(value_rate, "100");
    refuse(value_rate, "/s");
    refuse(value_rate, "100/d");
}

static void percentages_go_to_100(void **state)
{
    (void)state;
    expect(value_percent, "0%", 0);
    expect(value_percent, "100%", 100);
    refuse(value_percent, "101%");
    refuse(value_percent, "20");
    refuse(value_percent, "%");
}

static void switches_know_six_words(void **state)
{
    (void)state;
    expect(value_switch, "on", 1);
    expect(value_switch, "off", 0);
    expect(value_switch, "true", 1);
    expect(value_switch, "FALSE", 0);
    expect(value_switch, "yes", 1);
    expect(value_switch, "no", 0);
    refuse(value_switch, "1");
    refuse(value_switch, "");
    refuse(value_switch, "maybe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_in_milliseconds),
        cmocka_unit_test(a_duration_without_unit_is_refused),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(sizes_are_multiples_of_1024),
        cmocka_unit_test(rates_are_an_hour),
        cmocka_unit_test(percentages_go_to_100),
        cmocka_unit_test(switches_know_six_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
