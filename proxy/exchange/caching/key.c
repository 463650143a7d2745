/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are the same. */
#include "exchange/caching/key.h"

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
    struct text cookies = TEXT("");
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
        return cookie_append_all(fields, part->name, &cookies, arena) ? cookies : TEXT_NONE;
    }
    return TEXT_NONE;
}

/* Some backends take a '_' in a name for a '-' (RFC 3875 section 4.1.18). */
static bool is_alike(struct text name, struct text known)
{
    if (name.len != known.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((name.at[i] == '_' ? '-' : ascii_lower(name.at[i])) != ascii_lower(known.at[i]))
            return false;
    return true;
}

static bool is_among(struct text name, const struct text *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_alike(name, names[i]))
            return true;
    return false;
}

static bool mentions(struct text value, struct text word)
{
    for (size_t i = 0; i + word.len <= value.len; i++)
        if (text_starts_nocase(text_sub(value, i, value.len - i), word))
            return true;
    return false;
}

/* All of X-Forwarded-* but the client's address. */
static bool is_forwarded(struct text name)
{
    const struct text family = TEXT("X-Forwarded"), address = TEXT("X-Forwarded-For");
    return name.len >= family.len && is_alike(text_sub(name, 0, family.len), family) &&
           !is_alike(name, address);
}

/* Backends make links and redirects of these, and a proxy in front may set them. Those that weir writes itself count only
 * in another spelling; of Forwarded, which weir only adds to, what isn't just an address. */
static bool names_place(const struct field *field)
{
    static const struct text names[] = {{"X-Host", 6},           {"X-Url-Scheme", 12},
                                        {"X-Original-Host", 15}, {"X-HTTP-Host-Override", 20},
                                        {"Front-End-Https", 15}, {"X-Invoke-Path", 13}};
    static const uint64_t own =
        FIELD_BIT(X_FORWARDED_HOST) | FIELD_BIT(X_FORWARDED_PROTO) | FIELD_BIT(X_FORWARDED_PREFIX);
    if (field->id == FIELD_FORWARDED)
        return mentions(field->value, TEXT("host")) || mentions(field->value, TEXT("proto"));
    return (own & 1ull << field->id) == 0 &&
           (is_forwarded(field->name) || is_among(field->name, names, sizeof names / sizeof names[0]));
}

static bool append_places(const struct fields *fields, struct text *key, struct arena *arena)
{
    const char apart = CACHING_KEY_APART;
    for (unsigned i = 0; i < fields->count; i++) {
        const struct field *field = &fields->at[i];
        if (names_place(field) && (!arena_append(arena, key, &apart, 1) ||
                                   !arena_append(arena, key, field->name.at, field->name.len) ||
                                   !arena_append(arena, key, ":", 1) ||
                                   !arena_append(arena, key, field->value.at, field->value.len)))
            return false;
    }
    return true;
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
    return append_places(&ask->head->fields, &key, arena) ? key : TEXT_NONE;
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

cache_url_keyed caching_keyed(const struct cache_settings *settings)
{
    static const unsigned bits[] = {[CACHE_KEY_SCHEME] = 1u << CACHE_URL_SCHEME,
                                    [CACHE_KEY_HOST] = 1u << CACHE_URL_HOST,
                                    [CACHE_KEY_PATH] = 1u << CACHE_URL_PATH,
                                    [CACHE_KEY_QUERY] = 1u << CACHE_URL_QUERY,
                                    [CACHE_KEY_COOKIE] = 0};
    cache_url_keyed keyed = 0;
    for (size_t i = 0; i < settings->key_count; i++)
        keyed |= bits[settings->key[i].part];
    return keyed;
}

static bool is_odd(const struct fields *fields)
{
    static const struct text names[] = {{"X-HTTP-Method-Override", 22}, {"X-HTTP-Method", 13},
                                        {"X-Method-Override", 17},      {"X-Original-Method", 17},
                                        {"X-Original-URL", 14},         {"X-Rewrite-URL", 13}};
    for (unsigned i = 0; i < fields->count; i++)
        if (is_among(fields->at[i].name, names, sizeof names / sizeof names[0]))
            return true;
    return false;
}

bool caching_is_usual(const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (names_place(&fields->at[i]))
            return false;
    return !is_odd(fields);
}

bool caching_looks_at(const struct head *head)
{
    struct cache_control asked;
    cache_control_read(&asked, &head->fields);
    return policy_looks_at(head) && !is_odd(&head->fields) && (asked.has & CACHE_NO_STORE) == 0;
}
