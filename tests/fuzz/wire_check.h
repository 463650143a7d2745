/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for every head weir writes, whatever it was made from: lines end in CR LF, no other control characters,
 * and one framing at most. Panics otherwise, which the fuzzer takes for a find. */
#ifndef FUZZ_WIRE_CHECK_H
#define FUZZ_WIRE_CHECK_H

#include "base/panic.h"
#include "base/text.h"

static inline void check_line(struct text line, unsigned *framings)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        ASSERT(c >= 0x20 || c == '\t');
        ASSERT(c != 0x7f);
    }
    struct text name = text_sub(line, 0, text_find(line, ':'));
    *framings +=
        text_equal_nocase(name, TEXT("Content-Length")) || text_equal_nocase(name, TEXT("Transfer-Encoding"));
}

/* The head at the front of bytes; nothing is checked when there is no whole one. */
static inline void check_head(struct text bytes)
{
    unsigned framings = 0;
    for (size_t from = 0, i = 0; i + 1 < bytes.len; i++) {
        if (bytes.at[i] != '\r' || bytes.at[i + 1] != '\n')
            continue;
        struct text line = text_sub(bytes, from, i - from);
        if (line.len == 0)
            break;
        check_line(line, &framings);
        i++;
        from = i + 1;
    }
    ASSERT(framings <= 1);
}

#endif
