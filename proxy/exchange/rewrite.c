/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/rewrite.h"

#include "http/target.h"

static const struct rewrite_settings *settings_of(const struct exchange *exchange)
{
    return &exchange->route->settings->rewrite;
}

/* By whole segments: /v1 stands in front of /v1 and of /v1/x, not of /v10. */
struct text rewrite_stripped(const struct exchange *exchange)
{
    struct text prefix = settings_of(exchange)->strip_prefix;
    struct text path = exchange->path;
    if (prefix.len == 0 || !text_starts(path, prefix))
        return TEXT("");
    return path.len == prefix.len || path.at[prefix.len] == '/' ? prefix : TEXT("");
}

/* "OPTIONS *" asks about the server, not about a path. */
static bool is_for_path(const struct text path)
{
    return path.len > 0 && path.at[0] == '/';
}

/* Both prefixes have no slash at their end, and what remains of the path begins with one or is nothing: so no empty
 * segment comes up, and no dot segment either. */
struct text rewrite_path(const struct exchange *exchange, struct arena *arena)
{
    const struct rewrite_settings *settings = settings_of(exchange);
    struct text asked = exchange->asked;
    struct text path, query, out = TEXT_NONE;
    if ((settings->strip_prefix.len == 0 && settings->add_prefix.len == 0) || !is_for_path(asked))
        return asked;
    target_split(asked, &path, &query);
    size_t stripped = rewrite_stripped(exchange).len;
    const struct text rest = text_sub(exchange->path, stripped, exchange->path.len - stripped);
    const struct text root = settings->add_prefix.len + rest.len == 0 ? TEXT("/") : TEXT("");
    const struct text parts[] = {settings->add_prefix, rest, root,
                                 text_sub(asked, path.len, asked.len - path.len)};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!arena_append(arena, &out, parts[i].at, parts[i].len))
            return TEXT_NONE;
    return out;
}

/* An endpoint on a Unix socket has no name that could be asked for. */
static struct text host_of(const struct endpoint *endpoint)
{
    if (authority_is_valid(endpoint->name))
        return endpoint->name;
    return authority_is_valid(endpoint->cluster) ? endpoint->cluster : TEXT("localhost");
}

struct text rewrite_host(const struct rewrite_settings *settings, struct text asked,
                         const struct endpoint *endpoint)
{
    switch (settings->host) {
    case HOST_NAME:
        return settings->host_name;
    case HOST_UPSTREAM:
        return host_of(endpoint);
    case HOST_PRESERVE:
        break;
    }
    return asked.len > 0 ? asked : host_of(endpoint);
}
