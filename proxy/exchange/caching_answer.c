/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend is asked, what becomes of its answer, and what the client is told of it. */
#include "base/format.h"
#include "exchange/attempt.h"
#include "exchange/caching_parts.h"
#include "http/message.h"

static void remove_conditions(struct fields *fields)
{
    fields_remove(fields, FIELD_IF_NONE_MATCH, TEXT("If-None-Match"));
    fields_remove(fields, FIELD_IF_MODIFIED_SINCE, TEXT("If-Modified-Since"));
}

static bool add_condition(const struct exchange *exchange, struct fields *fields)
{
    struct arena *arena = exchange->down->arena;
    const struct cache_object *found = exchange->caching->found;
    const struct field *etag = fields_find(&found->fields, FIELD_ETAG);
    const struct field *modified = fields_find(&found->fields, FIELD_LAST_MODIFIED);
    return (etag == NULL || fields_add(fields, arena, TEXT("If-None-Match"), etag->value)) &&
           (modified == NULL || fields_add(fields, arena, TEXT("If-Modified-Since"), modified->value));
}

bool caching_ask(const struct exchange *exchange, struct head *out)
{
    if (!caching_is_fetch(exchange))
        return true;
    exchange->caching->asked_at = caching_now();
    exchange->caching->epoch = cache_store_epoch(exchange->caching->zone->store, exchange->caching->hash);
    remove_conditions(&out->fields);
    fields_remove(&out->fields, FIELD_RANGE, TEXT("Range"));
    fields_remove(&out->fields, FIELD_IF_RANGE, TEXT("If-Range"));
    return exchange->caching->found == NULL || add_condition(exchange, &out->fields);
}

/* A 304: what is stored is good for longer, and some of its fields are new (RFC 9111 section 4.3.4). The Date of one that
 * has none is when it came (RFC 9110 section 6.6.1). *storable: what it is now may be stored. */
static struct cache_object *freshened(struct exchange *exchange, bool *storable)
{
    struct cache_object *found = exchange->caching->found;
    struct arena *arena = exchange->down->arena;
    struct head merged = {.status = found->status, .has_length = found->has_length, .length = found->length};
    const struct fields *news = &exchange->up->head_in.fields;
    struct cache_control said;
    struct freshness freshness;
    if (!message_forward_fields(&found->fields, &merged.fields, arena, 0))
        return NULL;
    fields_remove(&merged.fields, FIELD_DATE, TEXT("Date"));
    for (unsigned i = 0; i < news->count; i++)
        if (news->at[i].id != FIELD_CONTENT_LENGTH && news->at[i].id != FIELD_CONTENT_ENCODING)
            fields_remove(&merged.fields, news->at[i].id, news->at[i].name);
    if (!message_forward_fields(news, &merged.fields, arena, FIELD_BIT(CONTENT_ENCODING)))
        return NULL;
    caching_read(exchange, &merged, &said, &freshness);
    *storable = policy_may_store(&exchange->down->head_in, &merged, &said, &freshness);
    return caching_object(exchange, &merged, &freshness, cache_body_ref(found->body));
}

/* True when a stored answer has taken the place of the backend's. */
static bool serve_instead(struct exchange *exchange, struct cache_object *object, enum cache_outcome outcome,
                          unsigned status)
{
    exchange->caching->outcome = outcome;
    attempt_end(exchange, status);
    return caching_serve(exchange, object);
}

/* The new one takes the place of what was found, also when its Vary is another. One that may not be stored (NULL: it can't
 * be) ends it, but for what was said to a client with credentials: that is nothing to others. */
static void replace_found(struct exchange *exchange, struct cache_object *object, bool storable)
{
    struct caching *caching = exchange->caching;
    struct cache_store *store = caching->zone->store;
    bool is_private = fields_have(&exchange->down->head_in.fields, FIELD_AUTHORIZATION);
    storable = storable && object != NULL;
    caching->stores = storable && cache_store_put(store, object, caching_size(object), caching->epoch);
    if (caching->stores || (!storable && !is_private))
        cache_store_drop(store, caching->found);
}

static void revalidate(struct exchange *exchange)
{
    bool storable = false;
    struct cache_object *object = freshened(exchange, &storable);
    replace_found(exchange, object, storable);
    if (object == NULL)
        object = cache_object_ref(exchange->caching->found);
    serve_instead(exchange, object, CACHE_revalidated, 304);
}

static bool may_be_stale(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    return caching->found != NULL &&
           freshness_allows_on_error(&caching->found->freshness, &caching->asked, caching_now());
}

/* An unsafe request has changed what is stored (RFC 9111 section 4.4). */
static void invalidate(const struct exchange *exchange, unsigned status)
{
    const struct caching *caching = exchange->caching;
    if (policy_invalidates(&exchange->down->head_in, status))
        cache_store_forget(caching->zone->store, caching->key, caching->hash);
}

/* Some of what may be stored can't be after all: Vary says "*", there is no room, it was purged meanwhile. */
static enum flight_end landing(const struct caching *caching, unsigned status, bool fails)
{
    if (caching->stores || fails)
        return FLIGHT_STORED;
    return status >= 500 || status == 304 ? FLIGHT_LOST : FLIGHT_PASSED;
}

void caching_answer(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    struct stream *up = exchange->up;
    if (caching == NULL || up->session == NULL)
        return;
    unsigned status = caching->fetched = up->head_in.status;
    struct cache_control said;
    struct freshness freshness;
    invalidate(exchange, status);
    bool fails = status >= 500 && may_be_stale(exchange);
    if (!fails && !caching_is_fetch(exchange))
        return;
    caching_read(exchange, &up->head_in, &said, &freshness);
    if (status == 304 && caching->found != NULL)
        revalidate(exchange);
    else if (fails)
        serve_instead(exchange, cache_object_ref(caching->found), CACHE_stale, status);
    else if (policy_may_store(&exchange->down->head_in, &up->head_in, &said, &freshness) &&
             !caching_is_too_large(exchange))
        caching_fill(exchange, &freshness);
    caching_land(caching, landing(caching, status, fails));
}

bool caching_stale(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    bool asks_nobody = caching != NULL && (caching->asked.has & CACHE_ONLY_IF_CACHED) != 0;
    if (caching == NULL || asks_nobody || exchange->answered || !may_be_stale(exchange))
        return false;
    caching->outcome = CACHE_stale;
    return caching_serve(exchange, cache_object_ref(caching->found));
}

bool caching_serves(const struct exchange *exchange)
{
    return exchange->caching != NULL && exchange->caching->served != NULL;
}

/* The words, and the number behind them. */
static struct text with_number(struct arena *arena, struct text words, int64_t number)
{
    char digits[FORMAT_NUMBER_MAX + 1] = "-";
    bool negative = number < 0;
    size_t len = format_number((uint64_t)(negative ? -number : number), digits + 1);
    char *at = arena_take(arena, words.len + len + 1);
    if (at == NULL)
        return TEXT_NONE;
    memcpy(at, words.at, words.len);
    memcpy(at + words.len, digits + !negative, len + negative);
    return (struct text){at, words.len + len + negative};
}

static bool is_fresh(const struct cache_object *object)
{
    const struct freshness *freshness = &object->freshness;
    return !freshness->no_cache && freshness_age(freshness, caching_now()) < freshness->lifetime &&
           !atomic_load_explicit(&object->soft_purged, memory_order_relaxed);
}

/* Why the backend is asked (RFC 9211 section 2.2). */
static const char *reason(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    enum method method = exchange->down->head_in.method;
    if (caching->outcome == CACHE_bypass)
        return method == METHOD_GET || method == METHOD_HEAD ? "bypass" : "method";
    if (caching->found == NULL)
        return caching->varies ? "vary-miss" : "uri-miss";
    return is_fresh(caching->found) ? "request" : "stale";
}

/* RFC 9211 */
static struct text status_text(const struct exchange *exchange, struct arena *arena)
{
    const struct caching *caching = exchange->caching;
    const char *forwarded = reason(exchange);
    const struct cache_object *served = caching->fetched == 0 ? caching->served : NULL;
    if (served != NULL && caching->outcome != CACHE_collapsed) {
        int64_t left = served->freshness.lifetime - freshness_age(&served->freshness, caching_now());
        return with_number(arena, TEXT("weir; hit; ttl="), left);
    }
    if (caching->fetched == 0)
        return arena_format(arena, "weir; fwd=%s%s", forwarded, served != NULL ? "; collapsed" : "");
    return arena_format(arena, "weir; fwd=%s; fwd-status=%u%s", forwarded, caching->fetched,
                        caching->stores ? "; stored" : "");
}

/* What just came from the backend has an age too, when it was stored on the way. */
static bool add_age(const struct exchange *exchange, struct fields *fields)
{
    const struct caching *caching = exchange->caching;
    int64_t age = freshness_age(&caching->served->freshness, caching_now());
    if (age == 0 && caching->outcome == CACHE_miss)
        return true;
    struct text text = with_number(exchange->down->arena, TEXT(""), age);
    return text.at != NULL && fields_add(fields, exchange->down->arena, TEXT("Age"), text);
}

bool caching_tell(struct exchange *exchange, struct fields *fields)
{
    const struct caching *caching = exchange->caching;
    struct arena *arena = exchange->down->arena;
    if (caching == NULL)
        return true;
    if (caching->served != NULL && !add_age(exchange, fields))
        return false;
    if (!caching_settings(exchange)->tells_status)
        return true;
    struct text status = status_text(exchange, arena);
    return status.at != NULL && fields_add(fields, arena, TEXT("Cache-Status"), status);
}
