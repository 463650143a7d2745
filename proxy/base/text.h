/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is a view of bytes that somebody else owns: no terminator, may hold NUL, never freed.
 * Whoever keeps one beyond the call says in its header which memory it points into.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *at;
    size_t len;
};

/* A text of a string literal. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_NONE ((struct text){NULL, 0})

/* For printf's %.*s */
#define TEXT_ARGS(t) (int)(t).len, (t).at

static inline struct text text_of(const char *string)
{
    return (struct text){string, string == NULL ? 0 : strlen(string)};
}

static inline struct text text_sub(struct text t, size_t from, size_t len)
{
    return (struct text){from == 0 ? t.at : t.at + from, len}; /* NULL + 0 is not defined */
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII case is ignored; other bytes are compared as they are. */
bool text_equal_nocase(struct text a, struct text b);
bool text_starts(struct text t, struct text prefix);
bool text_starts_nocase(struct text t, struct text prefix);
bool text_ends(struct text t, struct text suffix);

/* The position of the first byte c, or t.len. */
size_t text_find(struct text t, char c);
bool text_contains(struct text t, struct text part);

/* Without leading and trailing SP and HTAB (OWS of RFC 9110 section 5.6.3). */
struct text text_trim(struct text t);

/* Takes the part before the separator off the front of *rest (all of it when there is none); false when *rest is
 * spent. Empty parts are returned like others. */
bool text_split(struct text *rest, char separator, struct text *part);

/* The next element of a comma-separated list (RFC 9110 section 5.6.1): trimmed, empty elements skipped, commas inside
 * quoted strings not taken as separators. */
bool text_list_next(struct text *rest, struct text *element);

/* Decimal digits only, the whole text; false on anything else, on no digits and beyond max. */
bool text_to_number(struct text t, uint64_t max, uint64_t *number);

/* FNV-1a folded to 64 bits then mixed with seed; for tables whose keys clients don't choose, and seeded for those
 * whose keys they do. */
uint64_t text_hash(struct text t, uint64_t seed);

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* -1 when it is no hexadecimal digit. */
static inline int ascii_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
