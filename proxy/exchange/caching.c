/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/caching.h"

#include <time.h>

#include "base/panic.h"
#include "exchange/attempt.h"
#include "exchange/caching_parts.h"
#include "http/message.h"

enum {
    WAIT_MS = 5000, /* for the head of what another request fetches */
    WAITS_MAX = 4   /* other variants may land first */
};

int64_t caching_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
}

static const struct cache_settings *settings_of(const struct exchange *exchange)
{
    return &exchange->route->settings->cache;
}

static void be_impatient(struct timer *timer)
{
    struct caching *caching = CONTAINER(timer, struct caching, patience);
    caching->waits = WAITS_MAX;
    task_wake(&caching->exchange->lane->loop->ready, &caching->exchange->task);
}

static bool caching_new(struct exchange *exchange)
{
    struct arena *arena = exchange->down->arena;
    struct caching *caching = arena_take_zeroed(arena, sizeof *caching);
    if (caching == NULL)
        return false;
    caching->exchange = exchange;
    caching->waiter.loop = exchange->lane->loop;
    caching->waiter.letter.task = &exchange->task;
    caching->patience.fire = be_impatient;
    caching->zone = exchange->view->snapshot->zones[settings_of(exchange)->zone];
    caching->outcome = CACHE_bypass;
    caching->key = caching_key(exchange, arena);
    caching->hash = cache_store_hash(caching->key);
    cache_control_read(&caching->asked, &exchange->down->head_in.fields);
    exchange->caching = caching;
    return caching->key.at != NULL;
}

static bool is_looked_at(const struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    return policy_looks_at(head) && !caching_is_odd(&head->fields) &&
           (exchange->caching->asked.has & CACHE_NO_STORE) == 0;
}

/* What is stored and fits; a reference. */
static struct cache_object *look_up(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    return cache_store_find(caching->zone->store, caching->key, caching->hash,
                            &exchange->down->head_in.fields, exchange->down->arena);
}

static enum freshness_verdict judge(const struct caching *caching, const struct cache_object *object)
{
    if (atomic_load_explicit(&object->soft_purged, memory_order_relaxed))
        return FRESHNESS_STALE;
    return freshness_judge(&object->freshness, &caching->asked, caching_now());
}

/* A range of what isn't stored is the backend's matter, and so is HEAD. */
static bool is_fetch(const struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    return exchange->caching != NULL && exchange->caching->outcome != CACHE_bypass &&
           head->method == METHOD_GET &&
           (!fields_have(&head->fields, FIELD_RANGE) || exchange->caching->found != NULL);
}

static void wait_no_longer(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching->waits > 0)
        cache_flight_leave(caching->zone->store, caching->hash, &caching->waiter);
    wheel_cancel(&exchange->lane->loop->wheel, &caching->patience);
}

/* Another request may be fetching it already. */
static enum caching_look join_flight(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (!is_fetch(exchange) || caching->waits >= WAITS_MAX)
        return CACHING_FETCHES;
    enum flight_place place = cache_flight_join(caching->zone->store, caching->key, caching->hash,
                                                &caching->waiter, &caching->flight);
    if (place != FLIGHT_WAITS)
        return CACHING_FETCHES;
    caching->waits++;
    wheel_set(&exchange->lane->loop->wheel, &caching->patience, WAIT_MS);
    return CACHING_WAITS;
}

/* True when somebody is about to fetch it anew, now at the latest. */
static bool is_renewed(struct exchange *exchange, struct cache_object *object)
{
    struct caching *caching = exchange->caching;
    struct cache_store *store = caching->zone->store;
    struct cache_flight *flight = NULL;
    if (!settings_of(exchange)->updates_behind)
        return false;
    enum flight_place place =
        cache_flight_join(store, caching->key, caching->hash, &caching->waiter, &flight);
    if (place == FLIGHT_WAITS)
        cache_flight_leave(store, caching->hash, &caching->waiter);
    if (place == FLIGHT_LEADS && !caching_renew(exchange, object, flight)) {
        cache_flight_land(store, flight, FLIGHT_LOST);
        return false;
    }
    return place != FLIGHT_NONE;
}

static enum caching_look serve_found(struct exchange *exchange, struct cache_object *object,
                                     enum cache_outcome outcome, const struct fault **fault)
{
    exchange->caching->outcome = outcome;
    *fault = FAULT(out_of_memory);
    return caching_serve(exchange, object) ? CACHING_SERVES : CACHING_FAILS;
}

static enum caching_look look_again(struct exchange *exchange, const struct fault **fault)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = look_up(exchange);
    enum freshness_verdict verdict = object == NULL ? FRESHNESS_STALE : judge(caching, object);
    if (verdict == FRESHNESS_FRESH)
        return serve_found(exchange, object, caching->waits > 0 ? CACHE_collapsed : CACHE_hit, fault);
    if (verdict == FRESHNESS_STALE_USABLE && is_renewed(exchange, object))
        return serve_found(exchange, object, CACHE_stale, fault);
    cache_object_unref(caching->found);
    caching->found = object;
    *fault = FAULT(not_in_cache);
    return (caching->asked.has & CACHE_ONLY_IF_CACHED) != 0 ? CACHING_FAILS : join_flight(exchange);
}

/* It waited: what was awaited may be there now. */
static enum caching_look go_on(struct exchange *exchange, const struct fault **fault)
{
    struct caching *caching = exchange->caching;
    if (atomic_load_explicit(&caching->waiter.waits, memory_order_acquire) && caching->waits < WAITS_MAX)
        return CACHING_WAITS; /* woken for another reason */
    wait_no_longer(exchange);
    if (!caching->waiter.stored)
        caching->waits = WAITS_MAX; /* what can't be stored is not waited for again */
    return look_again(exchange, fault);
}

enum caching_look caching_look(struct exchange *exchange, const struct fault **fault)
{
    if (!settings_of(exchange)->on)
        return CACHING_FETCHES;
    if (exchange->caching != NULL)
        return go_on(exchange, fault);
    *fault = FAULT(out_of_memory);
    if (!caching_new(exchange))
        return CACHING_FAILS;
    if (!is_looked_at(exchange))
        return CACHING_FETCHES;
    exchange->caching->outcome = CACHE_miss;
    if (!caching_is_renewal(exchange))
        return look_again(exchange, fault);
    caching_take_over(exchange);
    return CACHING_FETCHES;
}

/* Whoever waits for what this one fetches looks again. */
static void land(struct caching *caching, enum flight_end end)
{
    if (caching->flight != NULL)
        cache_flight_land(caching->zone->store, caching->flight, end);
    caching->flight = NULL;
}

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
    if (!is_fetch(exchange))
        return true;
    exchange->caching->asked_at = caching_now();
    exchange->caching->epoch = cache_store_epoch(exchange->caching->zone->store, exchange->caching->hash);
    remove_conditions(&out->fields);
    fields_remove(&out->fields, FIELD_RANGE, TEXT("Range"));
    fields_remove(&out->fields, FIELD_IF_RANGE, TEXT("If-Range"));
    return exchange->caching->found == NULL || add_condition(exchange, &out->fields);
}

/* What the answer says, and how long it is good. */
static void read_freshness(const struct exchange *exchange, const struct head *response,
                           struct cache_control *said, struct freshness *freshness)
{
    const struct cache_moment moment = {exchange->caching->asked_at, caching_now()};
    bool targeted = cache_control_read_targeted(said, &response->fields);
    if (!targeted)
        cache_control_read(said, &response->fields);
    freshness_read(freshness, response, said, targeted, &moment, &settings_of(exchange)->defaults);
}

static bool keep_head(const struct exchange *exchange, struct cache_object *object, const struct head *head)
{
    struct fields kept = {0};
    object->status = head->status;
    object->has_length = head->has_length;
    object->length = head->length;
    object->url = caching_url(exchange, &object->arena);
    object->variant = policy_variant(&head->fields, &exchange->down->head_in.fields, &object->arena);
    return object->variant.at != NULL && object->url.at != NULL &&
           message_forward_fields(&head->fields, &kept, exchange->down->arena, 0) &&
           (fields_have(&kept, FIELD_DATE) ||
            fields_add_known(&kept, exchange->down->arena, FIELD_DATE, lane_date(exchange->lane))) &&
           cache_object_keep_fields(object, &kept);
}

static size_t size_of(const struct cache_object *object)
{
    return sizeof *object + object->arena.taken + object->body->taken;
}

static struct cache_object *object_for(const struct exchange *exchange, const struct head *head,
                                       const struct freshness *freshness, struct cache_body *body)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = body == NULL ? NULL : cache_object_new(caching->key, caching->hash, body);
    if (object == NULL)
        return NULL;
    object->freshness = *freshness;
    if (keep_head(exchange, object, head))
        return object;
    cache_object_unref(object);
    return NULL;
}

/* The backend's stream feeds the stored answer from now on, and up reads that. */
static void begin_filling(struct exchange *exchange, const struct freshness *freshness)
{
    struct caching *caching = exchange->caching;
    const struct head *head = &exchange->up->head_in;
    struct cache_body *body =
        cache_body_new(head->has_length && head->length < SIZE_MAX / 2 ? (size_t)head->length : 0);
    struct cache_object *object = object_for(exchange, head, freshness, body);
    if (object == NULL)
        return;
    if (!cache_store_put(caching->zone->store, object, size_of(object), caching->epoch) ||
        !caching_serve(exchange, cache_object_ref(object))) {
        cache_store_drop(caching->zone->store, object);
        cache_body_end(object->body, CACHE_BODY_BROKEN);
        cache_object_unref(object);
        exchange->up = exchange->claim.stream;
        return;
    }
    caching->filling = object;
    caching->stores = true;
}

static bool is_too_large(const struct exchange *exchange)
{
    const struct head *head = &exchange->up->head_in;
    size_t most = cache_store_max_object(exchange->caching->zone->store);
    return head->has_length && head->length > most;
}

/* A 304: what is stored is good for longer, and some of its fields are new (RFC 9111 section 4.3.4). */
static struct cache_object *freshened(struct exchange *exchange)
{
    struct cache_object *found = exchange->caching->found;
    struct arena *arena = exchange->down->arena;
    struct head merged = {.status = found->status, .has_length = found->has_length, .length = found->length};
    const struct fields *news = &exchange->up->head_in.fields;
    struct cache_control said;
    struct freshness freshness;
    if (!message_forward_fields(&found->fields, &merged.fields, arena, 0))
        return NULL;
    for (unsigned i = 0; i < news->count; i++)
        if (news->at[i].id != FIELD_CONTENT_LENGTH && news->at[i].id != FIELD_CONTENT_ENCODING)
            fields_remove(&merged.fields, news->at[i].id, news->at[i].name);
    if (!message_forward_fields(news, &merged.fields, arena, FIELD_BIT(CONTENT_ENCODING)))
        return NULL;
    read_freshness(exchange, &merged, &said, &freshness);
    return object_for(exchange, &merged, &freshness, cache_body_ref(found->body));
}

/* True when a stored answer has taken the place of the backend's. */
static bool serve_instead(struct exchange *exchange, struct cache_object *object, enum cache_outcome outcome,
                          unsigned status)
{
    exchange->caching->outcome = outcome;
    attempt_end(exchange, status);
    return caching_serve(exchange, object);
}

static void revalidate(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = freshened(exchange);
    if (object == NULL)
        object = cache_object_ref(caching->found);
    else
        caching->stores = cache_store_put(caching->zone->store, object, size_of(object), caching->epoch);
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
    if (!is_fetch(exchange))
        return;
    enum flight_end end = FLIGHT_STORED;
    read_freshness(exchange, &up->head_in, &said, &freshness);
    if (status == 304 && caching->found != NULL)
        revalidate(exchange);
    else if (status >= 500 && may_be_stale(exchange))
        serve_instead(exchange, cache_object_ref(caching->found), CACHE_stale, status);
    else if (policy_may_store(&exchange->down->head_in, &up->head_in, &said, &freshness) &&
             !is_too_large(exchange))
        begin_filling(exchange, &freshness);
    else
        end = status >= 500 ? FLIGHT_LOST : FLIGHT_PASSED;
    land(caching, end);
}

bool caching_stale(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching == NULL || exchange->answered || !may_be_stale(exchange))
        return false;
    caching->outcome = CACHE_stale;
    return caching_serve(exchange, cache_object_ref(caching->found));
}

static void end_filling(struct exchange *exchange, enum body_state state)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = caching->filling;
    if (state == CACHE_BODY_BROKEN)
        cache_store_drop(caching->zone->store, object);
    cache_body_end(object->body, state);
    cache_object_unref(object);
    caching->filling = NULL;
}

bool caching_pull(struct exchange *exchange, size_t *moved)
{
    struct caching *caching = exchange->caching;
    struct stream *source = exchange->claim.stream;
    if (caching == NULL || caching->filling == NULL)
        return false;
    if (!chain_is_empty(&source->in)) {
        *moved += source->in.len;
        bool fine = cache_body_append(caching->filling->body, &source->in) &&
                    cache_store_grow(caching->zone->store, caching->filling, size_of(caching->filling));
        chain_clear(&source->in);
        stream_consumed(source);
        stream_consumed(exchange->up); /* our own reader needs no letter */
        if (!fine) {
            caching_break(exchange);
            return false;
        }
    }
    bool cut = (source->marks & RESET) != 0;
    if (cut || (source->marks & END_IN) != 0)
        end_filling(exchange, cut ? CACHE_BODY_BROKEN : CACHE_BODY_WHOLE);
    return caching->filling != NULL;
}

bool caching_goes_on(const struct exchange *exchange)
{
    return exchange->caching != NULL && exchange->caching->filling != NULL;
}

void caching_break(struct exchange *exchange)
{
    if (exchange->caching == NULL || exchange->caching->filling == NULL)
        return;
    stream_abort(exchange->claim.stream);
    end_filling(exchange, CACHE_BODY_BROKEN);
}

bool caching_serves(const struct exchange *exchange)
{
    return exchange->caching != NULL && exchange->caching->served != NULL;
}

/* RFC 9211 */
static struct text status_text(const struct exchange *exchange, struct arena *arena)
{
    const struct caching *caching = exchange->caching;
    const char *forwarded = caching->outcome == CACHE_bypass ? "bypass"
                            : caching->found != NULL         ? "stale"
                                                             : "uri-miss";
    const struct cache_object *served = caching->fetched == 0 ? caching->served : NULL;
    if (served != NULL && caching->outcome != CACHE_collapsed) {
        int64_t left = served->freshness.lifetime - freshness_age(&served->freshness, caching_now());
        return arena_format(arena, "weir; hit; ttl=%lld", (long long)left);
    }
    if (caching->fetched == 0)
        return arena_format(arena, "weir; fwd=%s%s", forwarded, served != NULL ? "; collapsed" : "");
    return arena_format(arena, "weir; fwd=%s; fwd-status=%u%s", forwarded, caching->fetched,
                        caching->stores ? "; stored" : "");
}

bool caching_tell(struct exchange *exchange, struct fields *fields)
{
    const struct caching *caching = exchange->caching;
    struct arena *arena = exchange->down->arena;
    if (caching == NULL)
        return true;
    if (caching->served != NULL && caching->filling == NULL && caching->outcome != CACHE_miss) {
        int64_t age = freshness_age(&caching->served->freshness, caching_now());
        struct text text = arena_format(arena, "%lld", (long long)age);
        if (text.at == NULL || !fields_add(fields, arena, TEXT("Age"), text))
            return false;
    }
    if (!settings_of(exchange)->tells_status)
        return true;
    struct text status = status_text(exchange, arena);
    return status.at != NULL && fields_add(fields, arena, TEXT("Cache-Status"), status);
}

void caching_end(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching == NULL)
        return;
    ASSERT(caching->filling == NULL);
    land(caching, FLIGHT_LOST);
    wait_no_longer(exchange);
    if (!caching_is_renewal(exchange))
        cells_add(exchange->lane->loop->cells, caching->zone->requests + (counter_t)caching->outcome, 1);
    cache_object_unref(caching->found);
    cache_object_unref(caching->served);
    exchange->caching = NULL;
}
