/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#define FNV_OFFSET 0xcbf29ce484222325U
#define FNV_PRIME 0x100000001b3U

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.at[i] != b.at[i] && ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

bool text_starts(struct text t, struct text prefix)
{
    return t.len >= prefix.len && (prefix.len == 0 || memcmp(t.at, prefix.at, prefix.len) == 0);
}

bool text_starts_nocase(struct text t, struct text prefix)
{
    return t.len >= prefix.len && text_equal_nocase(text_sub(t, 0, prefix.len), prefix);
}

bool text_ends(struct text t, struct text suffix)
{
    if (suffix.len == 0)
        return true;
    return t.len >= suffix.len && memcmp(t.at + t.len - suffix.len, suffix.at, suffix.len) == 0;
}

size_t text_find(struct text t, char c)
{
    const char *found = t.len == 0 || t.len > PTRDIFF_MAX ? NULL : memchr(t.at, c, t.len);
    return found == NULL ? t.len : (size_t)(found - t.at);
}

bool text_contains(struct text t, struct text part)
{
    if (part.len == 0)
        return true;
    return t.len >= part.len && memmem(t.at, t.len, part.at, part.len) != NULL;
}

static bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

struct text text_trim(struct text t)
{
    while (t.len > 0 && is_ows(t.at[0])) {
        t.at++;
        t.len--;
    }
    while (t.len > 0 && is_ows(t.at[t.len - 1]))
        t.len--;
    return t;
}

/* Takes len bytes and the separator behind them, if any, off the front. Behind the last part .at becomes
 * NULL, which tells "spent" from "one more part, which is empty". */
static struct text take_front(struct text *rest, size_t len)
{
    struct text part = {rest->at, len};
    *rest = len == rest->len ? TEXT_NONE : text_sub(*rest, len + 1, rest->len - len - 1);
    return part;
}

bool text_split(struct text *rest, char separator, struct text *part)
{
    if (rest->at == NULL)
        return false;
    *part = take_front(rest, text_find(*rest, separator));
    return true;
}

/* The length up to a comma outside of quoted strings; an open quote runs to the end. */
static size_t element_length(struct text t)
{
    bool quoted = false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            i++;
        else if (c == ',' && !quoted)
            return i;
    }
    return t.len;
}

bool text_list_next(struct text *rest, struct text *element)
{
    while (rest->at != NULL) {
        *element = text_trim(take_front(rest, element_length(*rest)));
        if (element->len > 0)
            return true;
    }
    return false;
}

bool text_to_number(struct text t, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    if (t.len == 0)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned digit = (unsigned)(unsigned char)t.at[i] - '0';
        if (digit > 9 || digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

/* The finisher of MurmurHash3: every input bit reaches every output bit, so tables may mask the low ones. */
static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdU;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53U;
    return h ^ (h >> 33);
}

uint64_t text_hash(struct text t, uint64_t seed)
{
    uint64_t h = FNV_OFFSET ^ mix(seed);
    for (size_t i = 0; i < t.len; i++) {
        h ^= (unsigned char)t.at[i];
        h *= FNV_PRIME;
    }
    return mix(h ^ seed);
}
