/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/redirects/putback.h"

#include <stdio.h>

#include "exchange/rewrite.h"
#include "http/target.h"

/* What a client names goes into answers only if it can't be read as anything but a name. */
static bool is_tellable(struct text authority)
{
    for (size_t i = 0; i < authority.len; i++) {
        char c = ascii_lower(authority.at[i]);
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("-._:[]", c) == NULL))
            return false;
    }
    return true;
}

static struct text path_of(struct text target)
{
    struct text path, query;
    target_split(target, &path, &query);
    return path;
}

void putback_of(const struct exchange *exchange, struct putback *putback)
{
    const struct head *asked = &exchange->down->head_in;
    const struct head *sent = &exchange->up->head_out;
    const struct cluster_settings *cluster = upstream_settings(exchange->claim.upstream);
    *putback = (struct putback){
        .arena = exchange->down->arena,
        .scheme = exchange->front->scheme,
        .authority = is_tellable(asked->authority) ? asked->authority : TEXT(""),
        .own_scheme = cluster->tls != NULL ? TEXT("https") : TEXT("http"),
        .own_authority = sent->authority,
        .endpoint = exchange->claim.endpoint,
        .settings = &exchange->route->settings->redirects,
        .stripped = rewrite_stripped(exchange),
        .added = exchange->route->settings->rewrite.add_prefix,
        .path = path_of(asked->path),
        .own_path = path_of(sent->path),
        .followed = exchange->hops > 0,
    };
}

static unsigned port_of(struct text authority, struct text scheme)
{
    return authority_port(authority, text_equal_nocase(scheme, TEXT("https")) ? 443 : 80);
}

/* However the address is written. */
static bool is_endpoint(const struct endpoint *endpoint, struct text host, unsigned port)
{
    char written[80];
    struct address address;
    if (host.len > 64)
        return false;
    int len = snprintf(written, sizeof written, "%.*s:%u", TEXT_ARGS(host), port);
    return address_read((struct text){written, (size_t)len}, &address) == NULL &&
           address_equal(&address, &endpoint->address);
}

static bool is_same_host(struct text a, struct text b)
{
    return text_equal_nocase(authority_host(a), authority_host(b));
}

static bool is_listed(const struct putback *putback, struct text authority)
{
    for (size_t i = 0; i < putback->settings->host_count; i++)
        if (text_equal_nocase(authority_host(authority), putback->settings->hosts[i]))
            return true;
    return false;
}

/* The backend may believe in another scheme than ours: TLS ended before us, or ends here. */
static bool is_usual_port(struct text authority, struct text scheme)
{
    bool known = text_equal_nocase(scheme, TEXT("http")) || text_equal_nocase(scheme, TEXT("https"));
    return known && port_of(authority, scheme) == port_of(TEXT(""), scheme);
}

bool putback_is_own(const struct putback *putback, const struct reference *reference)
{
    const struct endpoint *endpoint = putback->endpoint;
    const struct text authority = reference->authority;
    const struct text scheme = reference->scheme.len > 0 ? reference->scheme : putback->own_scheme;
    if (!authority_is_valid(authority))
        return false;
    if (is_listed(putback, authority) && is_usual_port(authority, scheme))
        return true;
    if (!text_equal_nocase(scheme, putback->own_scheme) && !text_equal_nocase(scheme, putback->scheme))
        return false;
    unsigned port = port_of(authority, scheme);
    bool at_endpoints_port = !address_is_unix(&endpoint->address) && port == address_port(&endpoint->address);
    if (is_same_host(authority, putback->own_authority) || is_listed(putback, authority))
        return at_endpoints_port || port == port_of(putback->own_authority, scheme);
    return at_endpoints_port && (is_same_host(authority, endpoint->name) ||
                                 is_endpoint(endpoint, authority_host(authority), port));
}

bool putback_is_own_host(const struct putback *putback, struct text host)
{
    return host.len > 0 &&
           (is_same_host(host, putback->own_authority) || is_listed(putback, host) ||
            (!address_is_unix(&putback->endpoint->address) && is_same_host(host, putback->endpoint->name)));
}

/* By whole segments. */
static bool is_under(struct text path, struct text prefix)
{
    return text_starts(path, prefix) && (path.len == prefix.len || path.at[prefix.len] == '/');
}

/* "/a" and "b" make "/b"; dot segments are gone. .at is NULL when no server would understand it. */
static struct text resolve(const struct putback *putback, struct text base, struct text path)
{
    size_t dir = base.len, len;
    while (dir > 0 && base.at[dir - 1] != '/')
        dir--;
    struct text joined = TEXT_NONE;
    if (!arena_append(putback->arena, &joined, base.at, dir) ||
        !arena_append(putback->arena, &joined, path.at, path.len))
        return TEXT_NONE;
    char *out = arena_take(putback->arena, joined.len + 1);
    if (out == NULL || !target_normalize_path(joined, out, &len))
        return TEXT_NONE;
    return (struct text){out, len};
}

bool putback_path(const struct putback *putback, struct text path, struct text *prefix, struct text *rest)
{
    const struct text added = putback->added;
    if ((putback->stripped.len == 0 && added.len == 0) || text_equal(putback->own_path, TEXT("*")))
        return false;
    if (!is_under(path, added) || (added.len == 0 && is_under(path, putback->stripped)))
        return false;
    *prefix = putback->stripped;
    *rest = text_sub(path, added.len, path.len - added.len);
    if (prefix->len + rest->len == 0)
        *rest = TEXT("/");
    return true;
}

struct text putback_target(const struct putback *putback, struct text path)
{
    if (path.len == 0)
        return putback->own_path;
    if (path.at[0] == '/' && !path_has_dots(path))
        return path;
    return resolve(putback, path.at[0] == '/' ? TEXT("") : putback->own_path, path);
}

/* The path of a reference that begins with a slash, or has an authority before it. */
static bool map_path(const struct putback *putback, struct text path, struct text *prefix, struct text *rest)
{
    path = path.len > 0 ? putback_target(putback, path) : TEXT("/");
    return path.at != NULL && putback_path(putback, path, prefix, rest);
}

/* The two meet where the client's way to the target is another one than the backend's: at the root of a prefix, and where
 * redirects were followed that the client knows nothing of. */
static bool map_relative(const struct putback *putback, const struct reference *reference,
                         struct text *prefix, struct text *rest)
{
    bool bare = reference->path.len == 0 && !(putback->followed && text_starts(reference->tail, TEXT("?")));
    if (bare || text_equal(putback->path, putback->own_path))
        return false;
    struct text target = putback_target(putback, reference->path);
    struct text reached = resolve(putback, putback->path, reference->path);
    *prefix = TEXT("");
    *rest = target;
    if (target.at == NULL || (!putback_path(putback, target, prefix, rest) && !putback->followed))
        return false;
    bool meets =
        reached.len == prefix->len + rest->len && text_starts(reached, *prefix) && text_ends(reached, *rest);
    return !meets || reference->path.len == 0;
}

static bool put_back_local(const struct putback *putback, const struct reference *reference,
                           struct putback_parts *parts)
{
    struct text prefix, rest;
    bool rooted = reference->path.len > 0 && reference->path.at[0] == '/';
    bool changes = rooted ? map_path(putback, reference->path, &prefix, &rest)
                          : map_relative(putback, reference, &prefix, &rest);
    if (!changes)
        return false;
    *parts = (struct putback_parts){{prefix, rest, reference->tail}};
    if (prefix.len > 0 || !text_starts(rest, TEXT("//")))
        return true;
    /* Alone it would name a host. */
    *parts =
        (struct putback_parts){{putback->scheme, TEXT("://"), putback->authority, rest, reference->tail}};
    return putback->authority.len > 0;
}

static bool put_back_remote(const struct putback *putback, const struct reference *reference,
                            struct putback_parts *parts)
{
    const bool absolute = reference->scheme.len > 0;
    struct text prefix = TEXT(""), rest = reference->path;
    if (putback->authority.len == 0 || !putback_is_own(putback, reference))
        return false;
    (void)map_path(putback, reference->path, &prefix, &rest);
    *parts =
        (struct putback_parts){{absolute ? putback->scheme : TEXT(""), absolute ? TEXT("://") : TEXT("//"),
                                putback->authority, prefix, rest, reference->tail}};
    return true;
}

bool putback_reference(const struct putback *putback, struct text written, struct putback_parts *parts)
{
    struct reference reference;
    if (!reference_read(written, &reference))
        return false;
    if (reference.has_authority)
        return put_back_remote(putback, &reference, parts);
    return reference.scheme.len == 0 && put_back_local(putback, &reference, parts);
}
