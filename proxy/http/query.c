/* SPDX-License-Identifier: Apache-2.0 */
#include "http/query.h"

/* Takes a byte, or an escape of one, off the front of *rest, which isn't empty. */
static char take_decoded(struct text *rest)
{
    int high = rest->len > 2 && rest->at[0] == '%' ? ascii_hex_value(rest->at[1]) : -1;
    int low = high >= 0 ? ascii_hex_value(rest->at[2]) : -1;
    char byte = low >= 0 ? (char)(high * 16 + low) : rest->at[0];
    size_t took = low >= 0 ? 3 : 1;
    *rest = text_sub(*rest, took, rest->len - took);
    return byte;
}

static bool decodes_to(struct text encoded, struct text wanted)
{
    if (encoded.len < wanted.len)
        return false;
    for (size_t i = 0; i < wanted.len; i++)
        if (encoded.len == 0 || take_decoded(&encoded) != wanted.at[i])
            return false;
    return encoded.len == 0;
}

static struct text behind(struct text t, size_t at)
{
    return at < t.len ? text_sub(t, at + 1, t.len - at - 1) : TEXT("");
}

bool query_has(struct text query, struct text name, struct text value)
{
    for (struct text parameter; text_split(&query, '&', &parameter);) {
        size_t equals = text_find(parameter, '=');
        if (decodes_to(text_sub(parameter, 0, equals), name) && decodes_to(behind(parameter, equals), value))
            return true;
    }
    return false;
}
