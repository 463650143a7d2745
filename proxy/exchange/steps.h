/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an exchange as a table: one function for each step. */
#ifndef EXCHANGE_STEPS_H
#define EXCHANGE_STEPS_H

#include "exchange/exchange.h"

enum verdict {
    VERDICT_NEXT, /* exchange->step was set: run it */
    VERDICT_WAIT  /* until a stream or a timer wakes the task */
};

struct step_row {
    const char *name; /* in logs and panics */
    enum verdict (*run)(struct exchange *exchange);
};

extern const struct step_row steps[STEP_COUNT];

/* What a step ends with: another one, or a fault. */
static inline enum verdict steps_go(struct exchange *exchange, enum step step)
{
    exchange->step = step;
    return VERDICT_NEXT;
}

static inline enum verdict steps_fail(struct exchange *exchange, const struct fault *fault)
{
    exchange_fail(exchange, fault);
    return VERDICT_NEXT;
}

/* The step that chooses what answers, of admit.c; and what the client is told while a backend is asked: false when out
 * of memory. */
enum verdict admit(struct exchange *exchange);
bool admit_hints(struct exchange *exchange);

/* How long the current step waits without any byte moving, ms; 0: no limit. The exchange has a route. */
uint64_t steps_patience(const struct exchange *exchange);

/* Sets the timer: it looks now and then whether bytes have moved, and fires when none has for that long. */
void steps_time(struct exchange *exchange);

/* Bytes that both streams' out would take: 2 * STREAM_ROOM when nothing waits for a peer. */
size_t steps_room(const struct exchange *exchange);

#endif
