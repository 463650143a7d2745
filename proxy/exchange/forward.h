/* SPDX-License-Identifier: Apache-2.0 */
/* Heads on their way through: what is taken off, and what weir adds (Via, X-Forwarded-*, Forwarded, X-Request-Id). */
#ifndef EXCHANGE_FORWARD_H
#define EXCHANGE_FORWARD_H

#include "exchange/exchange.h"

/* Fills request_id: the client's when it is sane, otherwise a new one. False when out of memory. */
bool forward_name_request(struct exchange *exchange);

/* Fills up->head_out from down->head_in. False when out of memory. */
bool forward_request(struct exchange *exchange);

/* Fills down->head_out from up->head_in. False when out of memory. */
bool forward_response(struct exchange *exchange);

/* Sends down the 1xx that came up, those that this client may get. False when out of memory. */
bool forward_interims(struct exchange *exchange);

#endif
