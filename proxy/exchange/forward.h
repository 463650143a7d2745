/* SPDX-License-Identifier: Apache-2.0 */
/* Heads on their way through: what is taken off, and what weir adds (Via, X-Forwarded-*, Forwarded, X-Request-Id). */
#ifndef EXCHANGE_FORWARD_H
#define EXCHANGE_FORWARD_H

#include "exchange/exchange.h"

/* The head that this request has for a backend, but for its authority (rewrite.h), which is the endpoint's matter. Its
 * memory is the arena, and whatever the exchange's own head lies in. False when out of memory. */
bool forward_head(const struct exchange *exchange, struct arena *arena, struct head *out);

/* Fills up->head_out from down->head_in. False when out of memory. */
bool forward_request(struct exchange *exchange);

/* Fills down->head_out from up->head_in. False when out of memory. */
bool forward_response(struct exchange *exchange);

/* Sends down the 1xx that came up, those that this client may get. False when out of memory. */
bool forward_interims(struct exchange *exchange);

#endif
