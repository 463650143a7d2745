/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cache does for an exchange: it supplies the answer, changes what the backend is asked, keeps what it answers.
 * For routes with a cache; for others every function does nothing.
 *
 * While an answer is being stored, up is a reader of the stored one, and the backend's stream feeds that: a slow client
 * holds up nobody, and one that leaves does not end the fetch.
 */
#ifndef EXCHANGE_CACHING_CACHING_H
#define EXCHANGE_CACHING_CACHING_H

#include "exchange/exchange.h"

struct caching;

enum caching_look {
    CACHING_SERVES,  /* up is a stored answer */
    CACHING_FETCHES, /* the backend is to be asked */
    CACHING_WAITS,   /* another request asks it; look again when woken */
    CACHING_FAILS
};

/* What caches go by: seconds since the epoch. */
int64_t caching_now(void);

/* Looks for a stored answer. fault: why it fails. */
enum caching_look caching_look(struct exchange *exchange, const struct fault **fault);

/* Changes the head for the backend: a whole answer is wanted, or word that what is stored is still good. */
bool caching_ask(const struct exchange *exchange, struct head *out);

/* The backend's head is there. It is a 304 about another answer than the one that was asked about: that is gone, and something
 * else is to be looked for. */
bool caching_asks_whole(struct exchange *exchange);

/* The backend's head is there: keeps the answer, or puts a stored one in its place as up. */
void caching_answer(struct exchange *exchange);

/* In place of a fault of the backend: up is the stored answer, when it may be used though it is stale. */
bool caching_stale(struct exchange *exchange);

/* Takes what the backend has sent of what is being stored, adding the bytes to *moved. True while more of it is to
 * come. */
bool caching_pull(struct exchange *exchange, size_t *moved);

/* Whether the fetch goes on though the client has left. */
bool caching_goes_on(const struct exchange *exchange);

/* The attempt is over before its end: what was being stored is worth nothing. */
void caching_break(struct exchange *exchange);

/* Adds what caches say of themselves: Age, Cache-Status (RFC 9211). False when out of memory. */
bool caching_tell(struct exchange *exchange, struct fields *fields);

/* Whether the answer is one that a backend gave, now or earlier. */
bool caching_serves(const struct exchange *exchange);

/* Nobody waits for its answer: it leaves no line in the log. */
bool caching_is_renewal(const struct exchange *exchange);

/* What the cache did, as metrics have it: hit, miss, ...; NULL: the route has none. */
const char *caching_word(const struct exchange *exchange);

/* A redirect leads elsewhere, so something else is to be looked for. */
void caching_leave(struct exchange *exchange);

/* Counts, and lets go of what it holds. */
void caching_end(struct exchange *exchange);

#endif
