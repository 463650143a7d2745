/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/guard.h"

/* What has a meaning of its own within [] and {}. Its position is the last byte of its guard: U+F8F0 and on. */
static const char guarded[] = "{},[]";

#define GUARD_LEAD "\xef\xa3"
#define GUARD_LAST 0xb0

static bool is_guard(struct text t, size_t at)
{
    unsigned char last = at + 2 < t.len ? (unsigned char)t.at[at + 2] : 0;
    return last >= GUARD_LAST && last < GUARD_LAST + sizeof guarded - 1 &&
           memcmp(t.at + at, GUARD_LEAD, 2) == 0;
}

static bool has_guard(struct text t)
{
    for (size_t at = 0; at + 2 < t.len; at++)
        if (is_guard(t, at))
            return true;
    return false;
}

static bool is_name_byte(char c, bool first)
{
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* The length of a "${NAME}" or "${NAME:-default}" that begins here, 0 when it is none. A default with quotes may end
 * outside of them, so it is left as it is. */
static size_t variable_len(struct text t)
{
    size_t at = 2;
    if (!text_starts(t, TEXT("${")))
        return 0;
    while (at < t.len && is_name_byte(t.at[at], at == 2))
        at++;
    if (at > 2 && text_starts(text_sub(t, at, t.len - at), TEXT(":-")))
        while (at < t.len && t.at[at] != '\0' && strchr("{}\"'\r\n", t.at[at]) == NULL)
            at++;
    return at > 2 && at < t.len && t.at[at] == '}' ? at + 1 : 0;
}

static bool put_variable(struct text variable, struct arena *arena, struct text *out)
{
    char guard[] = GUARD_LEAD "?";
    for (size_t i = 0; i < variable.len; i++) {
        const char *special = strchr(guarded, variable.at[i]);
        guard[2] = (char)(special == NULL ? 0 : GUARD_LAST + (special - guarded));
        if (!arena_append(arena, out, special == NULL ? variable.at + i : guard, special == NULL ? 1 : 3))
            return false;
    }
    return true;
}

/* Bytes before the next '$' behind the first byte, or all. */
static size_t plain_len(struct text t)
{
    return 1 + text_find(text_sub(t, 1, t.len - 1), '$');
}

struct text guard_put(struct text yaml, struct arena *arena)
{
    struct text out = TEXT_NONE, rest = yaml;
    if (!text_contains(yaml, TEXT("${")) || has_guard(yaml))
        return yaml;
    while (rest.len > 0) {
        size_t variable = variable_len(rest), len = variable > 0 ? variable : plain_len(rest);
        struct text part = text_sub(rest, 0, len);
        if (!(variable > 0 ? put_variable(part, arena, &out) : arena_append(arena, &out, part.at, part.len)))
            return TEXT_NONE;
        rest = text_sub(rest, len, rest.len - len);
    }
    return out;
}

void guard_remove(struct text *text)
{
    char *to = (char *)(uintptr_t)text->at;
    size_t len = 0;
    for (size_t at = 0; at < text->len; len++) {
        bool guard = is_guard(*text, at);
        to[len] = guard ? guarded[(unsigned char)text->at[at + 2] - GUARD_LAST] : text->at[at];
        at += guard ? 3 : 1;
    }
    to[len] = '\0';
    text->len = len;
}
