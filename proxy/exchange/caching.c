/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/caching.h"

#include <time.h>

#include "base/panic.h"
#include "exchange/caching_parts.h"

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
    const struct caching_ask ask = caching_ask_of(exchange);
    if (caching == NULL)
        return false;
    caching->exchange = exchange;
    caching->waiter.loop = exchange->lane->loop;
    caching->waiter.letter.task = &exchange->task;
    caching->patience.fire = be_impatient;
    caching->zone = exchange->view->snapshot->zones[caching_settings(exchange)->zone];
    caching->outcome = CACHE_bypass;
    caching->key = caching_key(&ask, arena);
    caching->hash = cache_store_hash(caching->key);
    cache_control_read(&caching->asked, &exchange->down->head_in.fields);
    exchange->caching = caching;
    return caching->key.at != NULL;
}

/* It came compressed, and was stored to be decoded for those who lack that, by a route that did so then. */
static bool is_undecoded(const struct exchange *exchange, const struct cache_object *object)
{
    return object->recodes && exchange->route->settings->compress == NULL &&
           fields_have(&object->fields, FIELD_CONTENT_ENCODING);
}

/* What is stored and fits; a reference. */
static struct cache_object *look_up(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = cache_store_find(caching->zone->store, caching->key, caching->hash,
                                                   &exchange->down->head_in.fields, exchange->down->arena);
    if (object == NULL || !is_undecoded(exchange, object))
        return object;
    cache_store_drop(caching->zone->store, object);
    cache_object_unref(object);
    return NULL;
}

static enum freshness_verdict judge(const struct caching *caching, const struct cache_object *object)
{
    if (atomic_load_explicit(&object->soft_purged, memory_order_relaxed))
        return FRESHNESS_STALE;
    return freshness_judge(&object->freshness, &caching->asked, caching_now());
}

/* A range of what isn't stored is the backend's matter, and so is HEAD. */
bool caching_is_fetch(const struct exchange *exchange)
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
    if (!caching_is_fetch(exchange) || caching->waits >= WAITS_MAX)
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
    if (!caching_settings(exchange)->updates_behind)
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

/* What still comes may turn out broken or too large: it isn't kept for later, nor said to be good for longer. */
static struct cache_object *only_if_whole(struct cache_object *object)
{
    if (object == NULL ||
        atomic_load_explicit(&object->body->state, memory_order_acquire) == CACHE_BODY_WHOLE)
        return object;
    cache_object_unref(object);
    return NULL;
}

static enum caching_look look_again(struct exchange *exchange, const struct fault **fault)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = look_up(exchange);
    enum freshness_verdict verdict = object == NULL ? FRESHNESS_STALE : judge(caching, object);
    if (verdict == FRESHNESS_FRESH)
        return serve_found(exchange, object, caching->waits > 0 ? CACHE_collapsed : CACHE_hit, fault);
    object = only_if_whole(object);
    if (verdict == FRESHNESS_STALE_USABLE && object != NULL && is_renewed(exchange, object))
        return serve_found(exchange, object, CACHE_stale, fault);
    cache_object_unref(caching->found);
    caching->found = object;
    caching->varies = object == NULL && cache_store_knows(caching->zone->store, caching->key, caching->hash);
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
    if (!caching_settings(exchange)->on)
        return CACHING_FETCHES;
    if (exchange->caching != NULL)
        return go_on(exchange, fault);
    *fault = FAULT(out_of_memory);
    if (!caching_new(exchange))
        return CACHING_FAILS;
    if (!caching_looks_at(&exchange->down->head_in))
        return CACHING_FETCHES;
    exchange->caching->outcome = CACHE_miss;
    if (!caching_is_renewal(exchange))
        return look_again(exchange, fault);
    caching_take_over(exchange);
    return CACHING_FETCHES;
}

/* Whoever waits for what this one fetches looks again. */
void caching_land(struct caching *caching, enum flight_end end)
{
    if (caching->flight != NULL)
        cache_flight_land(caching->zone->store, caching->flight, end);
    caching->flight = NULL;
}

const char *caching_word(const struct exchange *exchange)
{
    return exchange->caching == NULL ? NULL : cache_outcome_name(exchange->caching->outcome);
}

/* What it would have fetched was in vain (end), as far as it hasn't landed yet. */
static void let_go(struct exchange *exchange, enum flight_end end)
{
    struct caching *caching = exchange->caching;
    ASSERT(caching->writing == NULL);
    caching_land(caching, end);
    wait_no_longer(exchange);
    cache_object_unref(caching->found);
    cache_object_unref(caching->served);
    exchange->caching = NULL;
}

void caching_leave(struct exchange *exchange)
{
    if (exchange->caching != NULL)
        let_go(exchange, FLIGHT_PASSED);
}

void caching_end(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching == NULL)
        return;
    if (!caching_is_renewal(exchange))
        cells_add(exchange->lane->loop->cells, caching->zone->requests + (counter_t)caching->outcome, 1);
    let_go(exchange, FLIGHT_LOST);
}
