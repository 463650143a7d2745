/* SPDX-License-Identifier: Apache-2.0 */
/* What weir answers by itself, as local streams: an up stream whose head and body are complete. */
#ifndef EXCHANGE_REPLY_H
#define EXCHANGE_REPLY_H

#include "exchange/exchange.h"

/* A local stream with this status, to be filled by fields_add on head_in.fields and chain_copy to in, then ended with
 * reply_finish. Its memory is the exchange's. NULL when out of memory. */
struct stream *reply_new(struct exchange *exchange, unsigned status);

/* Sets the length and the marks: the answer is complete. */
void reply_finish(struct stream *reply, struct text content_type);

/* The answer for a fault: the route's own error body, or a small one in the form the client accepts (HTML, JSON,
 * text), or a status of gRPC; with Proxy-Status (RFC 9209), and Retry-After on 503. */
struct stream *reply_fault(struct exchange *exchange, const struct fault *fault);

/* The rest of an answer that has begun, when it is of gRPC and the client takes trailers: these say what the fault is.
 * NULL: nothing can be said any more. */
struct stream *reply_grpc_end(struct exchange *exchange, const struct fault *fault);

/* Makes a reply the answer of gRPC, or of gRPC-Web, to that request. False when out of memory. */
bool reply_grpc(struct stream *reply, const struct head *request, const struct fault *fault);

struct stream *reply_respond(struct exchange *exchange);
struct stream *reply_redirect(struct exchange *exchange);

#endif
