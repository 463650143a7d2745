/* SPDX-License-Identifier: Apache-2.0 */
/* The Range field (RFC 9110 section 14.2): ranges of bytes. All threads. */
#ifndef CACHE_RANGE_H
#define CACHE_RANGE_H

#include "base/text.h"

enum { RANGES_MAX = 16 };

struct byte_range {
    uint64_t first;
    uint64_t count; /* not 0 */
};

/* In the order in which they were asked for. */
struct byte_ranges {
    size_t count; /* 0: none can be satisfied */
    struct byte_range at[RANGES_MAX];
};

/* Those of a body of so many bytes that can be satisfied: first + count is at most length. False when the field is to be
 * passed over: another unit, not well formed, more than RANGES_MAX, or more bytes in all than the body has. */
bool ranges_read(struct text value, uint64_t length, struct byte_ranges *ranges);

#endif
