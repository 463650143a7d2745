/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a route does with the redirects of its backend, and with the other fields that name places there: Location,
 * Content-Location, Refresh, Link, and Domain and Path of Set-Cookie are put back to the public address (putback.h).
 * Values that need no change stay byte for byte.
 */
#ifndef EXCHANGE_REDIRECTS_REDIRECTS_H
#define EXCHANGE_REDIRECTS_REDIRECTS_H

#include "exchange/exchange.h"

/* In place, on the fields of an answer or a 1xx of the endpoint that the exchange is at; nothing for what weir answers
 * itself, and for routes that don't want it. False when out of memory. */
bool redirects_put_back(const struct exchange *exchange, struct fields *fields);

/* Domain and Path of one Set-Cookie. */
struct putback;
bool redirects_put_back_cookie(const struct putback *putback, struct text *value);

#endif
