/* SPDX-License-Identifier: Apache-2.0 */
/* How an attempt ended, and what the error log says of that. A value of attempt.c's; owns nothing. */
#ifndef EXCHANGE_OUTCOME_H
#define EXCHANGE_OUTCOME_H

#include "exchange/exchange.h"

struct outcome {
    unsigned status;           /* 0: the request never went out */
    const struct fault *fault; /* NULL: the endpoint answered */
    bool telling;              /* it says something about the endpoint */
};

/* At debug, for faults and statuses from 500 on. Before the exchange's claim ends. */
void outcome_tell_failure(const struct outcome *outcome, const struct exchange *exchange);

/* The endpoint was ejected because of this one, the last of several. */
void outcome_tell_ejected(const struct outcome *outcome, const struct endpoint *endpoint);

/* A good answer came at now (ms). Nothing runs when an ejection is over: it shows by the first of them. */
void outcome_tell_returned(struct endpoint *endpoint, uint64_t now);

#endif
