/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects of a backend that are followed inside weir, as the route's redirects.follow says: another attempt, for the place
 * that the redirect names, in place of an answer to the client. Only GET and HEAD without a body, so methods stay as they
 * are (RFC 9110 section 15.4); only to the route's own backend, and only where the client itself would come to the same
 * route: what another route guards is not reached through this one. Redirects that say something to the client on the way
 * (a cookie, a fragment) are passed on, as are loops, and what is beyond the limit.
 */
#ifndef EXCHANGE_REDIRECTS_FOLLOW_H
#define EXCHANGE_REDIRECTS_FOLLOW_H

#include "exchange/exchange.h"

/* A place that was asked for already; in the exchange's arena. */
struct hop {
    const struct hop *before;
    struct text asked;
};

/* An answer's head has come from an endpoint: true when it is a redirect to be followed. Then the exchange asks for
 * another place, and the attempt is to be ended and another one begun. */
bool follow_redirect(struct exchange *exchange);

/* An answer's head has come from an endpoint: when it tells that an unsafe request has changed its place, it isn't known any
 * more where that leads. */
void follow_forget(const struct exchange *exchange);

/* Before the first attempt: goes as far as permanent redirects are known to lead (301, 308; detours.h), unless the client
 * wants the backend asked. They are remembered as long as caches may keep them; not those that answered a request with
 * credentials or a cookie, nor those with Vary. */
void follow_known(struct exchange *exchange);

#endif
