/* SPDX-License-Identifier: Apache-2.0 */
/* Any member, by its weight. */
#include "upstream/balance/draw.h"

static size_t state_size(const struct roster *roster)
{
    (void)roster;
    return sizeof(struct dice);
}

static void start(void *state, const struct roster *roster, unsigned number)
{
    (void)roster;
    (void)number;
    dice_init(state);
}

static size_t pick(void *state, const struct choice *choice)
{
    return draw(state, choice, CHOICE_NONE);
}

const struct balancer balancer_random = {.name = "random",
                                         .plan = draw_plan,
                                         .forget = draw_forget,
                                         .state_size = state_size,
                                         .start = start,
                                         .pick = pick};
