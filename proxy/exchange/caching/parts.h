/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of caching share. */
#ifndef EXCHANGE_CACHING_PARTS_H
#define EXCHANGE_CACHING_PARTS_H

#include "cache/flight.h"
#include "cache/policy.h"
#include "cache/reader.h"
#include "exchange/caching/caching.h"
#include "exchange/caching/key.h"
#include "exchange/reply.h"

struct caching {
    struct cache_zone *zone; /* the snapshot's */
    struct text key;         /* empty: it isn't looked at */
    uint64_t hash;
    struct cache_control asked;
    enum cache_outcome outcome;
    struct cache_object *found;   /* a reference: what is stored, and too stale to be used unasked */
    struct cache_object *filling; /* a reference: what is being stored */
    struct cache_body *writing;   /* a reference: what the backend's bytes go to; NULL: they go to up */
    struct body_follower room;    /* writing has some again */
    struct letter has_room;       /* of it, on its way */
    struct cache_object *served;  /* a reference: what answers; for Age */
    struct cache_fetch fetch;     /* from when the backend is asked until its answer is stored */
    uint64_t asked_at;            /* ms, loop->now when the backend was asked */
    unsigned fetched;             /* status of the backend's answer; 0: it wasn't asked */
    struct cache_flight *flight;  /* others wait for what this one fetches; NULL: nobody can */
    struct flight_waiter waiter;
    struct timer patience; /* for another's fetch */
    struct exchange *exchange;
    unsigned waits; /* for others, so far */
    bool alone;     /* it waits for nobody any more */
    bool failed;    /* the backend has, and what is stored is served in place of what it didn't say */
    bool varies;    /* nothing was found for this request, but for others */
    bool stores;    /* what the backend answered was put into the store */
};

static inline struct caching_ask caching_ask_of(const struct exchange *exchange)
{
    return (struct caching_ask){exchange->route->settings, exchange->front->scheme, &exchange->down->head_in,
                                exchange->asked};
}

static inline const struct cache_settings *caching_settings(const struct exchange *exchange)
{
    return &exchange->route->settings->cache;
}

/* Whether the backend is asked for something to store. */
bool caching_is_fetch(const struct exchange *exchange);

/* Whether it may be served although the backend failed; NULL: it isn't there. */
bool caching_may_be_stale(const struct caching *caching, const struct cache_object *object);

/* wait.c. join: waits for what another request fetches, or leads those who want the same. land: what it fetched is
 * known, or it didn't come. renews: somebody is about to fetch it anew, now at the latest. varies: something is stored for
 * the key. */
enum caching_look caching_join(struct exchange *exchange);
bool caching_still_waits(const struct exchange *exchange);
void caching_wait_no_longer(struct exchange *exchange);
bool caching_renews(struct exchange *exchange, struct cache_object *object);
void caching_land(struct caching *caching, enum flight_end end);
bool caching_varies(const struct exchange *exchange);

/* store.c: whether the backend's answer may be stored for others. */
bool caching_may_store(const struct exchange *exchange, const struct head *answer,
                       const struct cache_control *said, const struct freshness *freshness);

/* fill.c: what an answer says and how long it is good; an object of it, which takes over the body (NULL when out of
 * memory); and the bytes that one counts for. */
void caching_read(const struct exchange *exchange, const struct head *response, struct cache_control *said,
                  struct freshness *freshness);
struct cache_object *caching_object(const struct exchange *exchange, const struct head *head,
                                    const struct freshness *freshness, struct cache_body *body);
size_t caching_size(const struct cache_object *object);

/* The backend's stream feeds a stored answer from now on, and up reads that. If that can be. */
void caching_fill(struct exchange *exchange, const struct freshness *freshness);
bool caching_is_too_large(const struct exchange *exchange);

/* up becomes a stream of this object, for what the client asked: all of it, a range, or word that it has it already.
 * Takes over the reference. False when out of memory. */
bool caching_serve(struct exchange *exchange, struct cache_object *object);

/* Whether the client wants parts of it, and may get them. */
bool caching_wants_range(const struct exchange *exchange, const struct cache_object *object,
                         struct byte_ranges *ranges);

/* A stream of these parts, or word that there are none. NULL when out of memory. */
struct stream *caching_range(struct exchange *exchange, struct cache_object *object,
                             const struct byte_ranges *ranges);

/* Whether the client doesn't take the coding that it is stored in: it gets it decoded, and no parts. */
bool caching_decodes(const struct exchange *exchange, const struct cache_object *object, enum coding *coding);

/* A stream of all of it, in a coding that the client takes. NULL when out of memory. */
struct stream *caching_whole(struct exchange *exchange, struct cache_object *object);

/* The backend has answered: what an unsafe request has changed is taken out, and what a HEAD tells to be another by now. */
void caching_forget(const struct exchange *exchange);

/* Begins to renew what this exchange serves, and leads the flight from now on. False when out of memory. */
bool caching_renew(struct exchange *exchange, struct cache_object *object, struct cache_flight *flight);

/* Of a renewal: what it was begun with becomes its own. */
void caching_take_over(struct exchange *exchange);

#endif
