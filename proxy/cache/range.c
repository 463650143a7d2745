/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/range.h"

/* However large (RFC 9110 section 14.1.2): beyond INT64_MAX it is that. */
static bool read_number(struct text digits, uint64_t *number)
{
    if (text_to_number(digits, INT64_MAX, number))
        return true;
    for (size_t i = 0; i < digits.len; i++)
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
    *number = INT64_MAX;
    return digits.len > 0;
}

/* -500: the last so many bytes. */
static bool read_suffix(struct text count, uint64_t length, struct byte_range *range)
{
    uint64_t wanted;
    if (!read_number(count, &wanted))
        return false;
    uint64_t given = wanted < length ? wanted : length;
    *range = (struct byte_range){.first = length - given, .count = given};
    return true;
}

/* 500-999 or 500-: from there on. */
static bool read_span(struct text from, struct text to, uint64_t length, struct byte_range *range)
{
    uint64_t first, last = INT64_MAX;
    if (!read_number(from, &first) || (to.len > 0 && !read_number(to, &last)) || last < first)
        return false;
    uint64_t behind = last < length ? last + 1 : length;
    *range = (struct byte_range){.first = first, .count = first < behind ? behind - first : 0};
    return true;
}

/* count is 0 when it lies behind the end. */
static bool read_one(struct text spec, uint64_t length, struct byte_range *range)
{
    size_t dash = text_find(spec, '-');
    if (dash == spec.len)
        return false;
    struct text to = text_sub(spec, dash + 1, spec.len - dash - 1);
    return dash == 0 ? read_suffix(to, length, range) : read_span(text_sub(spec, 0, dash), to, length, range);
}

/* Overlapping ones would let a small request ask for a large answer (RFC 9110 section 17.15). */
static bool is_modest(const struct byte_ranges *ranges, uint64_t length)
{
    uint64_t left = length;
    for (size_t i = 0; i < ranges->count && ranges->count > 1; i++) {
        if (ranges->at[i].count > left)
            return false;
        left -= ranges->at[i].count;
    }
    return true;
}

bool ranges_read(struct text value, uint64_t length, struct byte_ranges *ranges)
{
    size_t specs = 0;
    ranges->count = 0;
    if (!text_starts_nocase(value, TEXT("bytes=")))
        return false;
    struct text spec, rest = text_sub(value, 6, value.len - 6);
    while (text_list_next(&rest, &spec)) {
        struct byte_range range;
        if (++specs > RANGES_MAX || !read_one(spec, length, &range))
            return false;
        if (range.count > 0)
            ranges->at[ranges->count++] = range;
    }
    return specs > 0 && is_modest(ranges, length);
}
