/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot is a promise to look at its timers no later than its tick, not that they are due then: timers may be
 * more than one revolution away, or have been put off since. What is visited before its deadline goes to the
 * slot of its deadline. So a timeout that each request pushes further costs a store, and a move once per
 * timeout.
 */
#include "base/wheel.h"

#define WORDS (WHEEL_SLOTS / 64)

void wheel_init(struct wheel *wheel, uint64_t now_ms)
{
    *wheel = (struct wheel){.now = now_ms, .tick = now_ms / WHEEL_TICK_MS};
    for (unsigned i = 0; i < WHEEL_SLOTS; i++)
        list_init(&wheel->slots[i]);
}

/* The first tick at which the deadline has passed, but one that is still to be visited. */
static uint64_t tick_for(const struct wheel *wheel, uint64_t deadline)
{
    uint64_t tick = deadline / WHEEL_TICK_MS + (deadline % WHEEL_TICK_MS != 0);
    return tick > wheel->tick ? tick : wheel->tick + 1;
}

static void enter(struct wheel *wheel, struct timer *timer)
{
    uint32_t slot = (uint32_t)(tick_for(wheel, timer->deadline) % WHEEL_SLOTS);
    list_push(&wheel->slots[slot], &timer->node);
    wheel->filled[slot / 64] |= UINT64_C(1) << slot % 64;
    timer->place = slot + 1;
}

static void leave(struct wheel *wheel, struct timer *timer)
{
    uint32_t slot = timer->place - 1;
    list_remove(&timer->node);
    if (timer->place != 0 && list_is_empty(&wheel->slots[slot]))
        wheel->filled[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    timer->place = 0;
}

void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t delay_ms)
{
    uint64_t before = timer->deadline;
    timer->deadline = delay_ms > UINT64_MAX - wheel->now ? UINT64_MAX : wheel->now + delay_ms;
    if (timer->place != 0 && timer->deadline >= before)
        return;
    leave(wheel, timer);
    enter(wheel, timer);
}

void wheel_cancel(struct wheel *wheel, struct timer *timer)
{
    if (timer_is_set(timer))
        leave(wheel, timer);
}

/* The first tick from this one on whose slot has timers, within one revolution; UINT64_MAX when there are
 * none. */
static uint64_t next_filled(const struct wheel *wheel, uint64_t tick)
{
    unsigned slot = (unsigned)(tick % WHEEL_SLOTS);
    uint64_t bits = wheel->filled[slot / 64] >> slot % 64;
    if (bits != 0)
        return tick + (unsigned)__builtin_ctzll(bits);
    uint64_t word_tick = tick - slot % 64;
    for (unsigned i = 1; i <= WORDS; i++) {
        bits = wheel->filled[(slot / 64 + i) % WORDS];
        if (bits != 0)
            return word_tick + UINT64_C(64) * i + (unsigned)__builtin_ctzll(bits);
    }
    return UINT64_MAX;
}

/* Collects the due timers of a slot and puts the others where they belong. */
static void visit(struct wheel *wheel, uint64_t tick, struct list *due)
{
    struct list seen;
    unsigned slot = (unsigned)(tick % WHEEL_SLOTS);
    list_init(&seen);
    list_splice(&seen, &wheel->slots[slot]);
    wheel->filled[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    for (struct list_node *node; (node = list_pop(&seen)) != NULL;) {
        struct timer *timer = CONTAINER(node, struct timer, node);
        if (timer->deadline > wheel->now) {
            enter(wheel, timer);
            continue;
        }
        timer->place = 0;
        list_push(due, node);
    }
}

/* Fires from a list rather than from the slots, as whoever fires may change these. */
static void fire_all(struct list *due)
{
    for (struct list_node *node; (node = list_pop(due)) != NULL;) {
        struct timer *timer = CONTAINER(node, struct timer, node);
        timer->fire(timer);
    }
}

void wheel_advance(struct wheel *wheel, uint64_t now_ms)
{
    struct list due;
    uint64_t first = wheel->tick + 1;
    uint64_t last = now_ms / WHEEL_TICK_MS;
    if (now_ms <= wheel->now)
        return;
    wheel->now = now_ms;
    wheel->tick = last;
    if (last >= first + WHEEL_SLOTS)
        first = last - (WHEEL_SLOTS - 1);
    list_init(&due);
    for (uint64_t tick = next_filled(wheel, first); tick <= last; tick = next_filled(wheel, tick + 1))
        visit(wheel, tick, &due);
    fire_all(&due);
}

uint64_t wheel_next(const struct wheel *wheel)
{
    uint64_t tick = next_filled(wheel, wheel->tick + 1);
    return tick == UINT64_MAX ? UINT64_MAX : tick * WHEEL_TICK_MS - wheel->now;
}
