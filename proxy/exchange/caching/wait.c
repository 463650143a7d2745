/* SPDX-License-Identifier: Apache-2.0 */
/* One fetch for many who ask: who waits for whom (cache/flight.h). */
#include "exchange/caching/parts.h"

enum {
    WAIT_MS = 5000, /* for the head of what another request fetches */
    WAITS_MAX = 4   /* other variants may land first, and who fetches may leave */
};

static void be_impatient(struct timer *timer)
{
    struct caching *caching = CONTAINER(timer, struct caching, patience);
    caching->alone = true;
    task_wake(&caching->exchange->lane->loop->ready, &caching->exchange->task);
}

/* What is stored for the key has other variants, or would have. */
static struct text variant_of(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    return cache_store_variant(caching->zone->store, caching->key, caching->hash,
                               &exchange->down->head_in.fields, exchange->down->arena);
}

bool caching_varies(const struct exchange *exchange)
{
    return variant_of(exchange).at != NULL;
}

/* Known variants are fetched side by side. */
static struct text flight_key(const struct exchange *exchange)
{
    struct text key = exchange->caching->key, variant = variant_of(exchange), both = TEXT_NONE;
    struct arena *arena = exchange->down->arena;
    bool fine = variant.len > 0 && arena_append(arena, &both, key.at, key.len) &&
                arena_append(arena, &both, "\n", 1) && arena_append(arena, &both, variant.at, variant.len);
    return fine ? both : key;
}

static enum flight_place join(struct exchange *exchange, struct cache_flight **flight)
{
    struct caching *caching = exchange->caching;
    return cache_flight_join(caching->zone->store, flight_key(exchange), caching->hash, &caching->waiter,
                             flight);
}

/* What another one fetches would be of no use: this client wants its own, or what comes is to be asked about each time. */
static bool wants_its_own(const struct caching *caching)
{
    const struct freshness *freshness = caching->found == NULL ? NULL : &caching->found->freshness;
    return (caching->asked.has & CACHE_NO_CACHE) != 0 || caching->asked.max_age == 0 ||
           (freshness != NULL && (freshness->no_cache || freshness->lifetime <= 0));
}

enum caching_look caching_join(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching->alone || caching->waits >= WAITS_MAX || !caching_is_fetch(exchange) ||
        join(exchange, &caching->flight) != FLIGHT_WAITS)
        return CACHING_FETCHES;
    caching->waits++;
    if (wants_its_own(caching)) {
        caching_wait_no_longer(exchange);
        return CACHING_FETCHES;
    }
    caching->patience.fire = be_impatient;
    wheel_set(&exchange->lane->loop->wheel, &caching->patience, WAIT_MS);
    return CACHING_WAITS;
}

bool caching_still_waits(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    return !caching->alone && atomic_load_explicit(&caching->waiter.waits, memory_order_acquire);
}

void caching_wait_no_longer(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    if (caching->waits == 0)
        return;
    cache_flight_leave(caching->zone->store, caching->hash, &caching->waiter);
    wheel_cancel(&exchange->lane->loop->wheel, &caching->patience);
    if (caching->waiter.end != FLIGHT_AGAIN)
        caching->alone = true;
}

bool caching_renews(struct exchange *exchange, struct cache_object *object)
{
    struct caching *caching = exchange->caching;
    struct cache_store *store = caching->zone->store;
    struct cache_flight *flight = NULL;
    if (!caching_settings(exchange)->updates_behind)
        return false;
    enum flight_place place = join(exchange, &flight);
    if (place == FLIGHT_WAITS)
        cache_flight_leave(store, caching->hash, &caching->waiter);
    if (place == FLIGHT_LEADS && !caching_renew(exchange, object, flight)) {
        cache_flight_land(store, flight, FLIGHT_LOST);
        return false;
    }
    return place != FLIGHT_NONE;
}

void caching_land(struct caching *caching, enum flight_end end)
{
    if (caching->flight != NULL)
        cache_flight_land(caching->zone->store, caching->flight, end);
    caching->flight = NULL;
}
