/* SPDX-License-Identifier: Apache-2.0 */
/* The id that a request has in logs and answers, and at the backend: the client's own when it is harmless, or a new one. */
#ifndef EXCHANGE_REQUEST_ID_H
#define EXCHANGE_REQUEST_ID_H

#include "exchange/exchange.h"

/* Sets exchange->request_id. False when out of memory. */
bool request_id_choose(struct exchange *exchange);

#endif
