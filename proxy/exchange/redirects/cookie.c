/* SPDX-License-Identifier: Apache-2.0 */
/* Domain and Path of Set-Cookie (RFC 6265 section 5.2). Of an attribute that comes twice the last one counts. */
#include "exchange/redirects/putback.h"
#include "exchange/redirects/redirects.h"
#include "http/target.h"

/* The value of the last attribute of that name; points into the field. False when there is none. */
static bool find_attribute(struct text cookie, struct text name, struct text *value)
{
    bool found = false;
    struct text part;
    (void)text_split(&cookie, ';', &part); /* the cookie's own name and value */
    while (text_split(&cookie, ';', &part)) {
        size_t equals = text_find(part, '=');
        if (equals == part.len || !text_equal_nocase(text_trim(text_sub(part, 0, equals)), name))
            continue;
        *value = text_trim(text_sub(part, equals + 1, part.len - equals - 1));
        found = true;
    }
    return found;
}

/* Two texts in the place of a part of the field. */
static bool splice(const struct putback *putback, struct text *whole, struct text part,
                   const struct text with[2])
{
    struct text out = TEXT_NONE;
    size_t before = (size_t)(part.at - whole->at), end = before + part.len;
    const struct text pieces[] = {text_sub(*whole, 0, before), with[0], with[1],
                                  text_sub(*whole, end, whole->len - end)};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        if (!arena_append(putback->arena, &out, pieces[i].at, pieces[i].len))
            return false;
    *whole = out;
    return true;
}

static bool put_back_domain(const struct putback *putback, struct text *cookie)
{
    struct text domain;
    if (!find_attribute(*cookie, TEXT("Domain"), &domain) || domain.len == 0)
        return true;
    if (domain.at[0] == '.')
        domain = text_sub(domain, 1, domain.len - 1);
    const struct text host = authority_host(putback->authority);
    if (host.len == 0 || text_equal_nocase(domain, host) || !putback_is_own_host(putback, domain))
        return true;
    return splice(putback, cookie, domain, (struct text[]){host, TEXT("")});
}

/* A cookie for a path above that of the backend's prefix is for all that clients reach there. */
static bool map_path(const struct putback *putback, struct text path, struct text with[2])
{
    const struct text added = putback->added;
    bool root = path.len == 1 && added.len > 0;
    bool above = added.len > path.len && text_starts(added, path) && (root || added.at[path.len] == '/');
    if (above)
        path = added;
    if (!putback_path(putback, path, &with[0], &with[1]))
        return false;
    if (with[0].len > 0 && text_equal(with[1], TEXT("/")))
        with[1] = TEXT(""); /* it is for the prefix itself too */
    return text_find(with[0], ';') == with[0].len;
}

/* Browsers want Path=/ of a cookie with this prefix (RFC 6265bis section 4.1.3.2). */
static bool is_bound_to_host(struct text cookie)
{
    const struct text prefix = TEXT("__Host-");
    return cookie.len > prefix.len && text_starts_nocase(cookie, prefix);
}

static bool put_back_path(const struct putback *putback, struct text *cookie)
{
    struct text path, with[2];
    if (is_bound_to_host(*cookie) || !find_attribute(*cookie, TEXT("Path"), &path) || path.len == 0 ||
        path.at[0] != '/' || !map_path(putback, path, with))
        return true;
    return splice(putback, cookie, path, with);
}

bool redirects_put_back_cookie(const struct putback *putback, struct text *value)
{
    return put_back_domain(putback, value) && put_back_path(putback, value);
}
