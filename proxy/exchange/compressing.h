/* SPDX-License-Identifier: Apache-2.0 */
/* Puts what compresses answers in front of the client's stream, where the route says so (http/compress_face.h). */
#ifndef EXCHANGE_COMPRESSING_H
#define EXCHANGE_COMPRESSING_H

#include "exchange/exchange.h"

/* Once the route is known, as often as one likes; before anything else stands in front of exchange->down. Not for gRPC,
 * which compresses by itself, nor for requests to become another protocol, nor for local streams. False when out of memory. */
bool compressing_begin(struct exchange *exchange);

#endif
