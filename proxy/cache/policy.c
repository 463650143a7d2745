/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/policy.h"

#include "http/compress.h"
#include "http/date.h"

enum {
    VARIANT_NAMES = 64,      /* that Vary may have */
    VARIANT_MAX = 16 * 1024, /* bytes of all that the request has in them */
};

bool policy_looks_at(const struct head *request)
{
    if (request->method != METHOD_GET && request->method != METHOD_HEAD)
        return false;
    if (request->body != BODY_NONE || request->upgrade || request->early)
        return false;
    return fields_find_name(&request->fields, TEXT("If-Match")) == NULL &&
           fields_find_name(&request->fields, TEXT("If-Unmodified-Since")) == NULL;
}

/* Those whose caching rules are known here: for must-understand. */
static bool is_understood(unsigned status)
{
    return status_is_heuristic(status) || status == 302 || status == 303 || status == 307;
}

static bool is_storable_status(unsigned status)
{
    return status >= 200 && status != 206 && status != 304 && status < 600;
}

bool policy_shares(const struct cache_control *said)
{
    return said->s_maxage != CACHE_NONE || (said->has & (CACHE_PUBLIC | CACHE_MUST_REVALIDATE)) != 0;
}

static bool may_share(const struct head *request, const struct cache_control *said)
{
    return !fields_have(&request->fields, FIELD_AUTHORIZATION) || policy_shares(said);
}

/* It is for one client, unless the backend says that it is for all. */
static bool sets_cookie(const struct head *response, const struct cache_control *said)
{
    return fields_have(&response->fields, FIELD_SET_COOKIE) && (said->has & CACHE_PUBLIC) == 0;
}

static bool has_validator(const struct fields *fields)
{
    return fields_have(fields, FIELD_ETAG) || fields_have(fields, FIELD_LAST_MODIFIED);
}

/* There is a reason to keep it: it is fresh for a while, or can be asked about. */
static bool is_useful(const struct head *response, const struct cache_control *said,
                      const struct freshness *freshness)
{
    bool told = freshness->explicit_lifetime || (said->has & CACHE_PUBLIC) != 0 ||
                status_is_heuristic(response->status);
    bool lasts =
        freshness->lifetime > 0 || freshness->stale_while_revalidate > 0 || freshness->stale_if_error > 0;
    return (told && lasts && !freshness->no_cache) || (told && has_validator(&response->fields));
}

/* It says that it is a part, whatever its status says. On a whole one Content-Range has no meaning (RFC 9110 section 14.4). */
static bool is_part(const struct head *response)
{
    const struct field *range = fields_find(&response->fields, FIELD_CONTENT_RANGE);
    return range != NULL && text_starts_nocase(range->value, TEXT("bytes"));
}

bool policy_may_store(const struct head *request, const struct head *response,
                      const struct cache_control *said, const struct freshness *freshness)
{
    struct cache_control asked;
    bool understands = (said->has & CACHE_MUST_UNDERSTAND) != 0;
    cache_control_read(&asked, &request->fields);
    if (request->method != METHOD_GET || (asked.has & CACHE_NO_STORE) != 0 ||
        !is_storable_status(response->status) || (understands && !is_understood(response->status)))
        return false;
    if (((said->has & CACHE_NO_STORE) != 0 && !understands) || (said->has & CACHE_PRIVATE) != 0)
        return false;
    return may_share(request, said) && !sets_cookie(response, said) && is_useful(response, said, freshness) &&
           !is_part(response);
}

bool policy_invalidates(const struct head *request, unsigned status)
{
    return !method_is_safe(request->method) && status >= 200 && status < 400;
}

static bool add_value(struct arena *arena, struct text *variant, const struct fields *request,
                      struct text name)
{
    struct text values = fields_join_name(request, name, arena);
    return values.at != NULL && variant->len + name.len + values.len <= VARIANT_MAX &&
           arena_append(arena, variant, name.at, name.len) && arena_append(arena, variant, ":", 1) &&
           (values.len == 0 || arena_append(arena, variant, values.at, values.len)) &&
           arena_append(arena, variant, "\n", 1);
}

struct text policy_variant(const struct fields *response, const struct fields *request, bool recodes,
                           struct arena *arena)
{
    struct text variant = {"", 0};
    unsigned names = 0;
    if (!fields_have(response, FIELD_VARY))
        return variant;
    bool any_coding = recodes && compress_suits_all(response);
    for (unsigned i = 0; i < response->count; i++) {
        struct text rest = response->at[i].value;
        if (response->at[i].id != FIELD_VARY)
            continue;
        for (struct text name; text_list_next(&rest, &name);) {
            if (any_coding && text_equal_nocase(name, TEXT("accept-encoding")))
                continue;
            if (text_equal(name, TEXT("*")) || ++names > VARIANT_NAMES ||
                !add_value(arena, &variant, request, name))
                return TEXT_NONE;
        }
    }
    return variant;
}

static struct text opaque(struct text etag)
{
    return text_starts(etag, TEXT("W/")) ? text_sub(etag, 2, etag.len - 2) : etag;
}

bool etag_equal_weak(struct text a, struct text b)
{
    return text_equal(opaque(a), opaque(b));
}

bool etag_equal_strong(struct text a, struct text b)
{
    return !text_starts(a, TEXT("W/")) && text_equal(a, b);
}

static bool lists_etag(struct text list, const struct field *stored)
{
    if (text_equal(text_trim(list), TEXT("*")))
        return true;
    for (struct text etag; stored != NULL && text_list_next(&list, &etag);)
        if (etag_equal_weak(etag, stored->value))
            return true;
    return false;
}

static bool matches_etag(const struct fields *request, const struct fields *stored)
{
    const struct field *etag = fields_find(stored, FIELD_ETAG);
    for (unsigned i = 0; i < request->count; i++)
        if (request->at[i].id == FIELD_IF_NONE_MATCH && lists_etag(request->at[i].value, etag))
            return true;
    return false;
}

/* Without a Last-Modified, the Date of the stored answer tells how old it is at least (RFC 9111 section 4.3.2). */
static bool unmodified_since(const struct fields *request, const struct fields *stored, int64_t answered)
{
    const struct field *since = fields_find(request, FIELD_IF_MODIFIED_SINCE);
    const struct field *modified = fields_find(stored, FIELD_LAST_MODIFIED);
    int64_t asked, at;
    if (since == NULL || !http_date_read(since->value, answered, &asked))
        return false;
    if (modified == NULL)
        modified = fields_find(stored, FIELD_DATE);
    if (modified == NULL || !http_date_read(modified->value, answered, &at))
        at = answered;
    return at <= asked;
}

bool policy_client_has_it(const struct fields *request, const struct fields *stored, int64_t answered)
{
    if (fields_have(request, FIELD_IF_NONE_MATCH))
        return matches_etag(request, stored);
    return unmodified_since(request, stored, answered);
}
