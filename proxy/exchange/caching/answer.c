/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend is asked, and what becomes of its answer. */
#include "exchange/attempt.h"
#include "exchange/caching/parts.h"
#include "http/message.h"

enum { WHOLE_ATTEMPTS = 2 }; /* then a backend's 304 is taken as it is */

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
    struct caching *caching = exchange->caching;
    if (!caching_is_fetch(exchange))
        return true;
    caching->asked_at = exchange->lane->loop->now;
    cache_fetch_begin(caching->zone->store, &caching->fetch, caching->hash);
    if (caching->found == NULL && caching->flight == NULL)
        return true; /* what can't be stored, as was seen before, need not come whole */
    remove_conditions(&out->fields);
    fields_remove(&out->fields, FIELD_RANGE, TEXT("Range"));
    fields_remove(&out->fields, FIELD_IF_RANGE, TEXT("If-Range"));
    return caching->found == NULL || add_condition(exchange, &out->fields);
}

/* A 304: what is stored is good for longer, and some of its fields are new (RFC 9111 section 4.3.4); not those that describe
 * the stored bytes, since a backend may have gone by another validator. The Date of one that has none is when it came
 * (RFC 9110 section 6.6.1). *storable: what it is now may be stored. */
static struct cache_object *freshened(struct exchange *exchange, bool *storable)
{
    struct cache_object *found = exchange->caching->found;
    const uint64_t of_bytes = FIELD_BIT(CONTENT_ENCODING) | FIELD_BIT(CONTENT_LENGTH) |
                              FIELD_BIT(CONTENT_RANGE) | (found->fields.present & FIELD_BIT(ETAG));
    struct arena *arena = exchange->down->arena;
    struct head merged = {.status = found->status, .has_length = found->has_length, .length = found->length};
    const struct fields *news = &exchange->up->head_in.fields;
    struct cache_control said;
    struct freshness freshness;
    if (!message_forward_fields(&found->fields, &merged.fields, arena, 0))
        return NULL;
    fields_remove(&merged.fields, FIELD_DATE, TEXT("Date"));
    for (unsigned i = 0; i < news->count; i++)
        if ((of_bytes & 1ull << news->at[i].id) == 0)
            fields_remove(&merged.fields, news->at[i].id, news->at[i].name);
    if (!message_forward_fields(news, &merged.fields, arena, of_bytes))
        return NULL;
    caching_read(exchange, &merged, &said, &freshness);
    *storable = caching_may_store(exchange, &merged, &said, &freshness);
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
    caching->stores = storable && cache_store_put(store, object, caching_size(object), &caching->fetch);
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

/* Some of what may be stored can't be after all: Vary says "*", there is no room, it was purged meanwhile. */
static enum flight_end landing(const struct caching *caching, unsigned status, bool fails)
{
    if (fails)
        return FLIGHT_FAILED;
    if (caching->stores || cache_fetch_is_overtaken(caching->zone->store, &caching->fetch))
        return FLIGHT_AGAIN;
    return status >= 500 || status == 304 ? FLIGHT_LOST : FLIGHT_PASSED;
}

/* A strong ETag that is another one than that of what was asked about (RFC 9111 section 4.3.4). */
static bool tells_another(const struct fields *news, const struct cache_object *found)
{
    const struct field *now = fields_find(news, FIELD_ETAG), *then = fields_find(&found->fields, FIELD_ETAG);
    return now != NULL && then != NULL && !text_starts(now->value, TEXT("W/")) &&
           !etag_equal_weak(now->value, then->value);
}

bool caching_asks_whole(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    const struct head *answer = &exchange->up->head_in;
    if (!caching_is_fetch(exchange) || caching->found == NULL || answer->status != 304 ||
        exchange->attempts > WHOLE_ATTEMPTS || !tells_another(&answer->fields, caching->found))
        return false;
    cache_store_drop(caching->zone->store, caching->found);
    caching_leave(exchange);
    return true;
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
    caching_forget(exchange);
    bool fails = status >= 500 && caching_may_be_stale(caching, caching->found);
    if (!fails && !caching_is_fetch(exchange))
        return;
    caching_read(exchange, &up->head_in, &said, &freshness);
    if (status == 304 && caching->found != NULL)
        revalidate(exchange);
    else if (fails)
        serve_instead(exchange, cache_object_ref(caching->found), CACHE_stale, status);
    else if (caching_may_store(exchange, &up->head_in, &said, &freshness) && !caching_is_too_large(exchange))
        caching_fill(exchange, &freshness);
    caching_land(caching, landing(caching, status, fails));
    if (caching->writing == NULL)
        cache_fetch_end(caching->zone->store, &caching->fetch);
}

bool caching_stale(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    bool asks_nobody = caching != NULL && (caching->asked.has & CACHE_ONLY_IF_CACHED) != 0;
    if (caching == NULL || asks_nobody || exchange->answered ||
        !caching_may_be_stale(caching, caching->found))
        return false;
    caching->outcome = CACHE_stale;
    caching->failed = true;
    caching_land(caching, FLIGHT_FAILED);
    return caching_serve(exchange, cache_object_ref(caching->found));
}
