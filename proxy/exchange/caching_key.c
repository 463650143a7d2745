/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are the same. */
#include "exchange/caching_parts.h"
#include "http/cookie.h"

/* Host and port as the client names them, in lower case: what a backend may put into its answer. */
static struct text authority_of(const struct exchange *exchange, struct arena *arena)
{
    struct text copy = arena_copy(arena, exchange->down->head_in.authority);
    for (size_t i = 0; copy.at != NULL && i < copy.len; i++)
        ((char *)(uintptr_t)copy.at)[i] = ascii_lower(copy.at[i]);
    return copy;
}

/* As it came, or where redirects led; not normalised: that is what the backend gets. */
static struct text path_of(const struct exchange *exchange)
{
    struct text target = exchange->asked;
    return text_sub(target, 0, text_find(target, '?'));
}

static struct text query_of(const struct exchange *exchange)
{
    struct text target = exchange->asked;
    size_t mark = text_find(target, '?');
    return text_sub(target, mark, target.len - mark);
}

static struct text value_of(const struct exchange *exchange, const struct cache_key_setting *part,
                            struct arena *arena)
{
    const struct fields *fields = &exchange->down->head_in.fields;
    struct text cookie = TEXT("");
    switch (part->part) {
    case CACHE_KEY_SCHEME:
        return exchange->front->scheme;
    case CACHE_KEY_HOST:
        return authority_of(exchange, arena);
    case CACHE_KEY_PATH:
        return path_of(exchange);
    case CACHE_KEY_QUERY:
        return query_of(exchange);
    case CACHE_KEY_METHOD:
        return TEXT("GET"); /* HEAD is answered from it too */
    case CACHE_KEY_HEADER:
        return fields_join_name(fields, part->name, arena);
    case CACHE_KEY_COOKIE:
        cookie_find(fields, part->name, &cookie);
        return cookie;
    }
    return TEXT_NONE;
}

/* Parts are apart by a line's end, which none of them can hold; the route comes first, since another may go elsewhere. */
struct text caching_key(const struct exchange *exchange, struct arena *arena)
{
    const struct cache_settings *settings = &exchange->route->settings->cache;
    struct text key = {"", 0};
    struct text name = exchange->route->settings->name;
    if (!arena_append(arena, &key, name.at, name.len))
        return TEXT_NONE;
    for (size_t i = 0; i < settings->key_count; i++) {
        struct text value = value_of(exchange, &settings->key[i], arena);
        if (value.at == NULL || !arena_append(arena, &key, "\n", 1) ||
            !arena_append(arena, &key, value.at, value.len))
            return TEXT_NONE;
    }
    return key;
}

struct text caching_url(const struct exchange *exchange, struct arena *arena)
{
    const struct text parts[] = {exchange->front->scheme, TEXT("://"), authority_of(exchange, arena),
                                 exchange->asked};
    struct text url = {"", 0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].at == NULL || !arena_append(arena, &url, parts[i].at, parts[i].len))
            return TEXT_NONE;
    return url;
}

/* What changes the meaning of a request for some backends and is in no key. */
bool caching_is_odd(const struct fields *fields)
{
    static const struct text names[] = {{"X-HTTP-Method-Override", 22},
                                        {"X-HTTP-Method", 13},
                                        {"X-Method-Override", 17},
                                        {"X-Original-URL", 14},
                                        {"X-Rewrite-URL", 13}};
    for (unsigned i = 0; i < fields->count; i++)
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            if (text_equal_nocase(fields->at[i].name, names[n]))
                return true;
    return false;
}
