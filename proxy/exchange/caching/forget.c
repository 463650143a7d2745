/* SPDX-License-Identifier: Apache-2.0 */
/* What an unsafe request makes worthless: what is stored for its own target, and for the places of the same origin that
 * the answer names (RFC 9111 section 4.4). */
#include "exchange/caching/parts.h"
#include "http/reference.h"
#include "http/target.h"

static void forget(const struct exchange *exchange, struct text target)
{
    struct arena *arena = exchange->down->arena;
    struct caching_ask ask = caching_ask_of(exchange);
    ask.target = target;
    struct text key = caching_key(&ask, arena);
    if (key.at != NULL)
        cache_store_forget(exchange->caching->zone->store, key, cache_store_hash(key));
}

static bool is_same_origin(const struct exchange *exchange, const struct reference *reference)
{
    const struct text scheme = exchange->front->scheme, asked = exchange->down->head_in.authority;
    const unsigned usual = text_equal(scheme, TEXT("https")) ? 443 : 80;
    if (reference->scheme.len > 0 && !text_equal_nocase(reference->scheme, scheme))
        return false;
    return !reference->has_authority ||
           (text_equal_nocase(authority_host(reference->authority), authority_host(asked)) &&
            authority_port(reference->authority, usual) == authority_port(asked, usual));
}

/* Without dot segments, if it has any. */
static struct text tidied(struct arena *arena, struct text path)
{
    size_t len;
    char *out = path_has_dots(path) ? arena_take(arena, path.len + 1) : NULL;
    if (!path_has_dots(path))
        return path;
    return out != NULL && target_normalize_path(path, out, &len) ? (struct text){out, len} : TEXT_NONE;
}

/* RFC 3986 section 5.2.3 */
static struct text merged(const struct exchange *exchange, struct text path)
{
    struct arena *arena = exchange->down->arena;
    struct text base, query, out = TEXT_NONE;
    target_split(exchange->asked, &base, &query);
    while (base.len > 0 && base.at[base.len - 1] != '/')
        base.len--;
    if (!arena_append(arena, &out, base.at, base.len) || !arena_append(arena, &out, path.at, path.len))
        return TEXT_NONE;
    return tidied(arena, out);
}

/* Path and query of a place. .at is NULL when it is elsewhere, or no place at all. */
static struct text place_of(const struct exchange *exchange, struct text written)
{
    struct arena *arena = exchange->down->arena;
    struct reference reference;
    struct text out = TEXT_NONE;
    if (!reference_read(written, &reference) || !is_same_origin(exchange, &reference) ||
        (reference.scheme.len > 0 && !reference.has_authority))
        return TEXT_NONE;
    struct text path = reference.path;
    if (path.len == 0)
        path = reference.has_authority ? TEXT("/")
                                       : text_sub(exchange->asked, 0, text_find(exchange->asked, '?'));
    else
        path = path.at[0] == '/' ? tidied(arena, path) : merged(exchange, path);
    struct text query = text_sub(reference.tail, 0, text_find(reference.tail, '#'));
    if (path.at == NULL || !arena_append(arena, &out, path.at, path.len) ||
        !arena_append(arena, &out, query.at, query.len))
        return TEXT_NONE;
    return out;
}

static bool differs(const struct fields *now, const struct fields *then, enum field_id id)
{
    const struct field *a = fields_find(now, id), *b = fields_find(then, id);
    return a != NULL && b != NULL && !text_equal(a->value, b->value);
}

/* A HEAD that tells of other bytes than those found (RFC 9111 section 4.3.5). In another coding they may well be others, and
 * what clients with credentials are told is nothing to the rest. */
static bool tells_of_others(const struct exchange *exchange)
{
    const struct head *asked = &exchange->down->head_in, *answer = &exchange->up->head_in;
    const struct cache_object *found = exchange->caching->found;
    if (asked->method != METHOD_HEAD || answer->status != 200 || found == NULL ||
        fields_have(&asked->fields, FIELD_AUTHORIZATION) ||
        fields_have(&answer->fields, FIELD_CONTENT_ENCODING) !=
            fields_have(&found->fields, FIELD_CONTENT_ENCODING) ||
        differs(&answer->fields, &found->fields, FIELD_CONTENT_ENCODING))
        return false;
    return differs(&answer->fields, &found->fields, FIELD_ETAG) ||
           differs(&answer->fields, &found->fields, FIELD_LAST_MODIFIED) ||
           (answer->has_length && found->has_length && answer->length != found->length);
}

void caching_forget(const struct exchange *exchange)
{
    const struct head *answer = &exchange->up->head_in;
    const struct fields *fields = &answer->fields;
    if (tells_of_others(exchange))
        cache_store_drop(exchange->caching->zone->store, exchange->caching->found);
    if (!policy_invalidates(&exchange->down->head_in, answer->status))
        return;
    forget(exchange, exchange->asked);
    for (unsigned i = 0; i < fields->count; i++) {
        enum field_id id = fields->at[i].id;
        struct text place = id == FIELD_LOCATION || id == FIELD_CONTENT_LOCATION
                                ? place_of(exchange, fields->at[i].value)
                                : TEXT_NONE;
        if (place.at != NULL)
            forget(exchange, place);
    }
}
