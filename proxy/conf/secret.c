/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/secret.h"

#define BEHIND_SCHEME TEXT("://")

static const char *const marks[] = {"authorization", "cookie",     "token",      "secret",  "password",
                                    "passwd",        "passphrase", "api-key",    "api_key", "apikey",
                                    "access-key",    "access_key", "credential", "session", "private",
                                    "x-auth-key",    NULL};

static bool contains_nocase(struct text t, struct text part)
{
    for (size_t i = 0; i + part.len <= t.len; i++)
        if (text_equal_nocase(text_sub(t, i, part.len), part))
            return true;
    return false;
}

bool secret_is_named(struct text name)
{
    for (size_t i = 0; marks[i] != NULL; i++)
        if (contains_nocase(name, text_of(marks[i])))
            return true;
    return false;
}

/* The bytes before the first of the stops. */
static size_t span(struct text t, const char *stops)
{
    size_t len = 0;
    while (len < t.len && (t.at[len] == '\0' || strchr(stops, t.at[len]) == NULL))
        len++;
    return len;
}

/* The position of the last @; t.len when there is none. */
static size_t last_at(struct text t)
{
    for (size_t i = t.len; i > 0; i--)
        if (t.at[i - 1] == '@')
            return i - 1;
    return t.len;
}

/* host:something that is no port: a password with a slash in it, which should have been escaped. */
static bool has_odd_port(struct text authority)
{
    size_t colon = text_find(authority, ':');
    struct text port = text_sub(authority, colon, authority.len - colon);
    uint64_t number;
    return port.len > 1 && authority.at[0] != '[' &&
           !text_to_number(text_sub(port, 1, port.len - 1), UINT64_MAX, &number);
}

/* The length of the user information behind a scheme (RFC 3986 section 3.2.1); 0: there is none. */
static size_t credential_length(struct text rest)
{
    struct text authority = text_sub(rest, 0, span(rest, "/?# \t\r\n\"'<>"));
    size_t at = last_at(authority);
    if (at < authority.len)
        return at;
    if (!has_odd_port(authority))
        return 0;
    struct text word = text_sub(rest, 0, span(rest, " \t\r\n\"'<>"));
    at = last_at(word);
    return at < word.len ? at : 0;
}

bool secret_take(struct text *rest, struct text *plain)
{
    struct text whole = *rest;
    for (size_t i = 0; i + BEHIND_SCHEME.len <= whole.len; i++) {
        size_t from = i + BEHIND_SCHEME.len;
        if (!text_starts(text_sub(whole, i, whole.len - i), BEHIND_SCHEME))
            continue;
        size_t len = credential_length(text_sub(whole, from, whole.len - from));
        if (len == 0)
            continue;
        *plain = text_sub(whole, 0, from);
        *rest = text_sub(whole, from + len, whole.len - from - len);
        return true;
    }
    *plain = whole;
    *rest = text_sub(whole, whole.len, 0);
    return false;
}
