/* SPDX-License-Identifier: Apache-2.0 */
/* One try at getting the answer from an endpoint: claim a stream, send the request, and when it fails decide whether
 * another try may help. */
#ifndef EXCHANGE_ATTEMPT_H
#define EXCHANGE_ATTEMPT_H

#include "exchange/exchange.h"

/* Request bodies up to this size (bytes) are kept for another attempt. */
enum { REPLAY_MAX = 64 * 1024 };

/* Claims a stream; true when the claim was answered at once. */
bool attempt_begin(struct exchange *exchange);

/* The claim was granted: sends the head and what is known of the body. NULL or a fault. */
const struct fault *attempt_send(struct exchange *exchange);

/* Passes the request body on, remembering it while it may be needed again. Answers the bytes moved. */
size_t attempt_feed(struct exchange *exchange);

/* Lets go of the endpoint; status of the attempt for its counters, 0: none. */
void attempt_end(struct exchange *exchange, unsigned status);

/* The same for one that a fault ended. Faults of the client, and a kept connection that had died, say nothing about the
 * endpoint: they don't lead to its ejection. */
void attempt_fail(struct exchange *exchange, const struct fault *fault);

/* Whether the request may be tried again after this fault (RFC 9110 section 9.2.2); prepares the next claim if so. */
bool attempt_may_repeat(struct exchange *exchange, const struct fault *fault);

/* The status of the answer that came, for retries and for what is learnt of the endpoint: gRPC's UNAVAILABLE is a 503. */
unsigned attempt_status(const struct exchange *exchange);

/* The same for an answer with this status. */
bool attempt_may_repeat_status(struct exchange *exchange, unsigned status);

#endif
