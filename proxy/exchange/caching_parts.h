/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of caching share. */
#ifndef EXCHANGE_CACHING_PARTS_H
#define EXCHANGE_CACHING_PARTS_H

#include "cache/flight.h"
#include "cache/policy.h"
#include "cache/reader.h"
#include "exchange/caching.h"
#include "exchange/reply.h"

struct caching {
    struct cache_zone *zone; /* the snapshot's */
    struct text key;         /* empty: it isn't looked at */
    uint64_t hash;
    struct cache_control asked;
    enum cache_outcome outcome;
    struct cache_object *found;   /* a reference: what is stored, and too stale to be used unasked */
    struct cache_object *filling; /* a reference: what is being stored */
    struct cache_object *served;  /* a reference: what answers; for Age */
    uint64_t epoch;               /* of the store when the backend was asked */
    int64_t asked_at;             /* s, when the backend was asked */
    unsigned fetched;             /* status of the backend's answer; 0: it wasn't asked */
    struct cache_flight *flight;  /* others wait for what this one fetches; NULL: nobody can */
    struct flight_waiter waiter;
    struct timer patience; /* for another's fetch */
    struct exchange *exchange;
    unsigned waits;    /* for others, so far */
    bool varies;       /* nothing was found for this request, but for others */
    bool handing_back; /* it got too large to be stored */
    bool stores;       /* what the backend answered was put into the store */
};

/* .at is NULL when out of memory. */
struct text caching_key(const struct exchange *exchange, struct arena *arena);
struct text caching_url(const struct exchange *exchange, struct arena *arena);
bool caching_is_odd(const struct fields *fields);

/* Seconds since the epoch. */
int64_t caching_now(void);

static inline const struct cache_settings *caching_settings(const struct exchange *exchange)
{
    return &exchange->route->settings->cache;
}

/* Whether the backend is asked for something to store. */
bool caching_is_fetch(const struct exchange *exchange);

/* Whoever waits for what this one fetches looks again. */
void caching_land(struct caching *caching, enum flight_end end);

/* caching_fill.c: what an answer says and how long it is good; an object of it, which takes over the body (NULL when out of
 * memory); and the bytes that one counts for. */
void caching_read(const struct exchange *exchange, const struct head *response, struct cache_control *said,
                  struct freshness *freshness);
struct cache_object *caching_object(const struct exchange *exchange, const struct head *head,
                                    const struct freshness *freshness, struct cache_body *body);
size_t caching_size(const struct cache_object *object);

/* The backend's stream feeds a stored answer from now on, and up reads that. */
void caching_fill(struct exchange *exchange, const struct freshness *freshness);
bool caching_is_too_large(const struct exchange *exchange);

/* up becomes a stream of this object, for what the client asked: all of it, a range, or word that it has it already.
 * Takes over the reference. False when out of memory. */
bool caching_serve(struct exchange *exchange, struct cache_object *object);

/* Begins to renew what this exchange serves, and leads the flight from now on. False when out of memory. */
bool caching_renew(struct exchange *exchange, struct cache_object *object, struct cache_flight *flight);

/* Of a renewal: what it was begun with becomes its own. */
void caching_take_over(struct exchange *exchange);

#endif
