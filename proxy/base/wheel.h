/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wheel holds the timers of one loop and fires those that are due. It has no clock of its own: its owner
 * tells it the time, which in tests is any number. Timers are embedded in the objects they belong to; the
 * wheel allocates nothing and owns nothing. A timer fires up to one tick late and never early. Not shared
 * between threads.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdint.h>

#include "base/list.h"

#define WHEEL_SLOTS 1024
#define WHEEL_TICK_MS 16

/* All zero but for fire is a timer that isn't set. It must not move or die while it is set. */
struct timer {
    struct list_node node;
    uint64_t deadline; /* ms */
    uint32_t place;    /* its slot + 1; 0: in none */
    void (*fire)(struct timer *timer);
};

struct wheel {
    uint64_t now;                      /* ms, as last told */
    uint64_t tick;                     /* slots up to this tick have been visited */
    uint64_t filled[WHEEL_SLOTS / 64]; /* a bit for each slot that has timers */
    struct list slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *wheel, uint64_t now_ms);

/* Fires once, when delay_ms have passed since the time last told to the wheel. A timer that is set is
 * moved, which costs one store when the new deadline is not before the old one. */
void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t delay_ms);

/* Harmless on a timer that isn't set. */
void wheel_cancel(struct wheel *wheel, struct timer *timer);

/* Tells the time and fires what is due, roughly in order of the deadlines. Whoever fires may set and
 * cancel any timer, also itself; what it sets fires in a later call. A time before the last one is
 * ignored. Not from within fire. */
void wheel_advance(struct wheel *wheel, uint64_t now_ms);

/* After how many ms wheel_advance may have something to fire; UINT64_MAX when no timer is set. */
uint64_t wheel_next(const struct wheel *wheel);

static inline bool timer_is_set(const struct timer *timer)
{
    return list_is_linked(&timer->node);
}

#endif
