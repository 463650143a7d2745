/* SPDX-License-Identifier: Apache-2.0 */
/* The Range field (RFC 9110 section 14.2), as far as one range of bytes. All threads. */
#ifndef CACHE_RANGE_H
#define CACHE_RANGE_H

#include "base/text.h"

struct byte_range {
    uint64_t first;
    uint64_t count; /* 0: it lies behind the end, and can't be satisfied */
};

/* Of a body of so many bytes: first + count is at most length where count isn't 0. False when it is no single range of
 * bytes: then the field is to be passed over. */
bool range_read(struct text value, uint64_t length, struct byte_range *range);

#endif
