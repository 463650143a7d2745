/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are the same. */
#include "exchange/caching_key.h"

#include "cache/control.h"
#include "cache/policy.h"
#include "http/cookie.h"

/* Host and port as the client names them, in lower case: what a backend may put into its answer. */
static struct text authority_of(const struct caching_ask *ask, struct arena *arena)
{
    struct text copy = arena_copy(arena, ask->head->authority);
    for (size_t i = 0; copy.at != NULL && i < copy.len; i++)
        ((char *)(uintptr_t)copy.at)[i] = ascii_lower(copy.at[i]);
    return copy;
}

/* As it came, or where redirects led; not normalised: that is what the backend gets. */
static struct text path_of(const struct caching_ask *ask)
{
    struct text target = ask->target;
    return text_sub(target, 0, text_find(target, '?'));
}

static struct text query_of(const struct caching_ask *ask)
{
    struct text target = ask->target;
    size_t mark = text_find(target, '?');
    return text_sub(target, mark, target.len - mark);
}

static struct text value_of(const struct caching_ask *ask, const struct cache_key_setting *part,
                            struct arena *arena)
{
    const struct fields *fields = &ask->head->fields;
    struct text cookie = TEXT("");
    switch (part->part) {
    case CACHE_KEY_SCHEME:
        return ask->scheme;
    case CACHE_KEY_HOST:
        return authority_of(ask, arena);
    case CACHE_KEY_PATH:
        return path_of(ask);
    case CACHE_KEY_QUERY:
        return query_of(ask);
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

struct text caching_key(const struct caching_ask *ask, struct arena *arena)
{
    const struct cache_settings *settings = &ask->route->cache;
    const char apart = CACHING_KEY_APART;
    struct text key = {"", 0};
    struct text name = ask->route->name;
    if (!arena_append(arena, &key, name.at, name.len))
        return TEXT_NONE;
    for (size_t i = 0; i < settings->key_count; i++) {
        struct text value = value_of(ask, &settings->key[i], arena);
        if (value.at == NULL || !arena_append(arena, &key, &apart, 1) ||
            !arena_append(arena, &key, value.at, value.len))
            return TEXT_NONE;
    }
    return key;
}

struct text caching_url(const struct caching_ask *ask, struct arena *arena)
{
    const struct text parts[] = {ask->scheme, TEXT("://"), authority_of(ask, arena), ask->target};
    struct text url = {"", 0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].at == NULL || !arena_append(arena, &url, parts[i].at, parts[i].len))
            return TEXT_NONE;
    return url;
}

static bool is_odd(const struct fields *fields)
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

bool caching_looks_at(const struct head *head)
{
    struct cache_control asked;
    cache_control_read(&asked, &head->fields);
    return policy_looks_at(head) && !is_odd(&head->fields) && (asked.has & CACHE_NO_STORE) == 0;
}
