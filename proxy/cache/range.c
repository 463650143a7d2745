/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/range.h"

/* -500: the last so many bytes. */
static bool read_suffix(struct text count, uint64_t length, struct byte_range *range)
{
    uint64_t wanted;
    if (!text_to_number(count, INT64_MAX, &wanted))
        return false;
    uint64_t given = wanted < length ? wanted : length;
    *range = (struct byte_range){.first = length - given, .count = given};
    return true;
}

/* 500-999 or 500-: from there on. */
static bool read_span(struct text from, struct text to, uint64_t length, struct byte_range *range)
{
    uint64_t first, last = INT64_MAX;
    if (!text_to_number(from, INT64_MAX, &first) || (to.len > 0 && !text_to_number(to, INT64_MAX, &last)) ||
        last < first)
        return false;
    uint64_t behind = last < length ? last + 1 : length;
    *range = (struct byte_range){.first = first, .count = first < behind ? behind - first : 0};
    return true;
}

bool range_read(struct text value, uint64_t length, struct byte_range *range)
{
    if (!text_starts(value, TEXT("bytes=")) || text_find(value, ',') < value.len)
        return false;
    struct text spec = text_trim(text_sub(value, 6, value.len - 6));
    size_t dash = text_find(spec, '-');
    if (dash == spec.len)
        return false;
    struct text to = text_sub(spec, dash + 1, spec.len - dash - 1);
    return dash == 0 ? read_suffix(to, length, range) : read_span(text_sub(spec, 0, dash), to, length, range);
}
