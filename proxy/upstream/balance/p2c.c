/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power of two choices: of two members drawn at random the one with fewer requests under way for its weight. Nearly as
 * even as looking at all of them, at the price of two looks; and workers that decide at the same time don't all run to
 * the same member.
 */
#include "upstream/balance/draw.h"

static uint64_t load_of(const struct choice *choice, size_t index)
{
    struct endpoint *endpoint = choice->roster->members[index].endpoint;
    return atomic_load_explicit(&endpoint->active, memory_order_relaxed);
}

/* active / weight, without dividing; two that are idle are equals, and the draw has seen to their weights. */
static bool is_less(const struct choice *choice, size_t a, size_t b)
{
    return load_of(choice, a) * choice_weight(choice, b) < load_of(choice, b) * choice_weight(choice, a);
}

static size_t pick(void *state, const struct choice *choice)
{
    size_t first = draw(state, choice, CHOICE_NONE);
    if (first == CHOICE_NONE)
        return CHOICE_NONE;
    size_t second = draw(state, choice, first);
    return second != CHOICE_NONE && is_less(choice, second, first) ? second : first;
}

const struct balancer balancer_p2c = {.name = "p2c",
                                      .plan = draw_plan,
                                      .forget = draw_forget,
                                      .state_size = draw_state_size,
                                      .start = draw_start,
                                      .pick = pick};
