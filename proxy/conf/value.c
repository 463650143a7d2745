/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/value.h"

#define TEN_YEARS ((uint64_t)3650 * 24 * 3600 * 1000)

struct unit {
    struct text name;
    uint64_t factor;
};

static const struct unit duration_units[] = {
    {{"ms", 2}, 1},      {{"s", 1}, 1000},     {{"m", 1}, 60000},
    {{"h", 1}, 3600000}, {{"d", 1}, 86400000}, {{NULL, 0}, 0},
};
static const struct unit size_units[] = {
    {{"", 0}, 1}, {{"k", 1}, 1 << 10}, {{"m", 1}, 1 << 20}, {{"g", 1}, 1 << 30}, {{NULL, 0}, 0},
};
static const struct unit rate_units[] = {
    {{"/s", 2}, 3600},
    {{"/m", 2}, 60},
    {{"/h", 2}, 1},
    {{NULL, 0}, 0},
};

/* Digits, then a unit of the table; false on anything else and beyond max. */
static bool read_with_unit(struct text written, const struct unit *units, uint64_t max, uint64_t *value)
{
    size_t digits = 0;
    uint64_t number;
    while (digits < written.len && written.at[digits] >= '0' && written.at[digits] <= '9')
        digits++;
    if (digits == 0 || !text_to_number(text_sub(written, 0, digits), max, &number))
        return false;
    struct text unit = text_sub(written, digits, written.len - digits);
    while (units->name.at != NULL && !text_equal_nocase(units->name, unit))
        units++;
    if (units->name.at == NULL || number > max / units->factor)
        return false;
    *value = number * units->factor;
    return true;
}

const char *value_duration(struct text written, uint64_t *value)
{
    uint64_t number;
    if (read_with_unit(written, duration_units, TEN_YEARS, value))
        return NULL;
    if (read_with_unit(written, duration_units, UINT64_MAX, &number))
        return "a duration of no more than 87600h";
    if (!text_to_number(written, UINT64_MAX, &number))
        return "a duration such as 250ms, 5s, 2m or 1h";
    *value = 0;
    return number == 0 ? NULL : "a duration with its unit, such as 250ms, 5s, 2m or 1h";
}

const char *value_size(struct text written, uint64_t *value)
{
    return read_with_unit(written, size_units, INT64_MAX, value) ? NULL
                                                                 : "a size such as 512, 64k, 10m or 1g";
}

const char *value_rate(struct text written, uint64_t *value)
{
    return read_with_unit(written, rate_units, INT64_MAX, value) ? NULL : "a rate such as 100/s or 6000/m";
}

const char *value_percent(struct text written, uint64_t *value)
{
    bool ends = text_ends(written, TEXT("%"));
    struct text digits = text_sub(written, 0, ends ? written.len - 1 : 0);
    return text_to_number(digits, 100, value) ? NULL : "a percentage from 0% to 100%";
}

const char *value_switch(struct text written, uint64_t *value)
{
    static const struct text words[] = {{"off", 3},  {"on", 2}, {"false", 5},
                                        {"true", 4}, {"no", 2}, {"yes", 3}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equal_nocase(written, words[i])) {
            *value = i % 2;
            return NULL;
        }
    }
    return "on or off";
}

const char *value_integer(struct text written, uint64_t *value)
{
    return text_to_number(written, INT64_MAX, value) ? NULL : "a whole number";
}
