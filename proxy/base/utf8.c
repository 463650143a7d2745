/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static size_t announced_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte (RFC 3629 section 4). */
static bool is_second_byte(unsigned char first, unsigned char second)
{
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

size_t utf8_length(struct text t)
{
    if (t.len == 0)
        return 0;
    unsigned char first = (unsigned char)t.at[0];
    size_t len = announced_length(first);
    if (len == 0 || len > t.len)
        return 0;
    if (len > 1 && !is_second_byte(first, (unsigned char)t.at[1]))
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (((unsigned char)t.at[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool utf8_is_control(struct text t, size_t len)
{
    unsigned char first = (unsigned char)t.at[0];
    if (len == 1)
        return first < 0x20 || first == 0x7f;
    return len == 2 && first == 0xc2 && (unsigned char)t.at[1] < 0xa0;
}
