/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reference.h"

static size_t find_any(struct text t, const char *stops)
{
    size_t at = 0;
    while (at < t.len && (t.at[at] == '\0' || strchr(stops, t.at[at]) == NULL))
        at++;
    return at;
}

static struct text rest_of(struct text t, size_t from)
{
    return text_sub(t, from, t.len - from);
}

static bool is_plain(struct text written)
{
    size_t tail = find_any(written, "?#");
    for (size_t i = 0; i < written.len; i++) {
        unsigned char c = (unsigned char)written.at[i];
        if (c < 0x20 || c == 0x7f || (i < tail && (c == ' ' || c == '\\')))
            return false;
    }
    return true;
}

static bool is_scheme(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = ascii_lower(t.at[i]);
        bool letter = c >= 'a' && c <= 'z';
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !other))
            return false;
    }
    return t.len > 0;
}

/* A colon before any slash ends a scheme: a first segment that has one is no relative path (section 4.2). */
static bool take_scheme(struct text *rest, struct text *scheme)
{
    size_t colon = find_any(*rest, ":/?#");
    if (colon == rest->len || rest->at[colon] != ':')
        return true;
    *scheme = text_sub(*rest, 0, colon);
    *rest = rest_of(*rest, colon + 1);
    return is_scheme(*scheme);
}

static void take_authority(struct text *rest, struct reference *reference)
{
    if (!text_starts(*rest, TEXT("//")))
        return;
    *rest = rest_of(*rest, 2);
    size_t end = find_any(*rest, "/?#");
    reference->has_authority = true;
    reference->authority = text_sub(*rest, 0, end);
    *rest = rest_of(*rest, end);
}

bool reference_read(struct text written, struct reference *reference)
{
    *reference = (struct reference){0};
    if (!is_plain(written) || !take_scheme(&written, &reference->scheme))
        return false;
    take_authority(&written, reference);
    size_t tail = find_any(written, "?#");
    reference->path = text_sub(written, 0, tail);
    reference->tail = rest_of(written, tail);
    return true;
}

/* Every dot segment begins with a dot behind a slash, written as it is or escaped; so do some names. */
bool path_has_dots(struct text path)
{
    for (size_t i = 0; i < path.len; i++) {
        struct text next = rest_of(path, path.at[i] == '/' ? i + 1 : i);
        if ((i == 0 || path.at[i] == '/') &&
            (text_starts(next, TEXT(".")) || text_starts(next, TEXT("%2e")) ||
             text_starts(next, TEXT("%2E"))))
            return true;
    }
    return false;
}
