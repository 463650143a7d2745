/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/caching/caching.h"

#include <time.h>

#include "base/panic.h"
#include "exchange/caching/parts.h"

int64_t caching_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
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
    const struct freshness freshness = cache_object_freshness(object);
    return freshness_judge(&freshness, &caching->asked, caching_now());
}

/* A range of what isn't stored is the backend's matter, and so is HEAD. */
bool caching_is_fetch(const struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    return exchange->caching != NULL && exchange->caching->outcome != CACHE_bypass &&
           head->method == METHOD_GET &&
           (!fields_have(&head->fields, FIELD_RANGE) || exchange->caching->found != NULL);
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

bool caching_may_be_stale(const struct caching *caching, const struct cache_object *object)
{
    if (object == NULL)
        return false;
    const struct freshness freshness = cache_object_freshness(object);
    return freshness_allows_on_error(&freshness, &caching->asked, caching_now());
}

/* What is found becomes the exchange's. What has come meanwhile and can't be used is not waited for again. */
static void find(struct caching *caching, struct cache_object *object, bool fits)
{
    if (object != NULL && caching->waits > 0 && object != caching->found)
        caching->alone = true;
    cache_object_unref(caching->found);
    caching->found = object;
    caching->varies = !fits && caching_varies(caching->exchange);
}

static enum caching_look look_again(struct exchange *exchange, const struct fault **fault)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = look_up(exchange);
    bool fits = object != NULL;
    enum freshness_verdict verdict = fits ? judge(caching, object) : FRESHNESS_STALE;
    if (verdict == FRESHNESS_FRESH)
        return serve_found(exchange, object, caching->waits > 0 ? CACHE_collapsed : CACHE_hit, fault);
    object = only_if_whole(object);
    if (verdict == FRESHNESS_STALE_USABLE && object != NULL && caching_renews(exchange, object))
        return serve_found(exchange, object, CACHE_stale, fault);
    if (caching->waiter.end == FLIGHT_FAILED && caching_may_be_stale(caching, object)) {
        caching->failed = true;
        return serve_found(exchange, object, CACHE_stale, fault);
    }
    find(caching, object, fits);
    *fault = FAULT(not_in_cache);
    return (caching->asked.has & CACHE_ONLY_IF_CACHED) != 0 ? CACHING_FAILS : caching_join(exchange);
}

/* It waited: what was awaited may be there now. */
static enum caching_look go_on(struct exchange *exchange, const struct fault **fault)
{
    if (caching_still_waits(exchange))
        return CACHING_WAITS; /* woken for another reason */
    caching_wait_no_longer(exchange);
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
    cache_fetch_end(caching->zone->store, &caching->fetch);
    caching_wait_no_longer(exchange);
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
    let_go(exchange, (exchange->down->marks & RESET) != 0 ? FLIGHT_AGAIN : FLIGHT_LOST);
}
