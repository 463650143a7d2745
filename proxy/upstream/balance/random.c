/* SPDX-License-Identifier: Apache-2.0 */
/* Any member, by its weight. */
#include "upstream/balance/draw.h"

static size_t pick(void *state, const struct choice *choice)
{
    return draw(state, choice, CHOICE_NONE);
}

const struct balancer balancer_random = {.name = "random",
                                         .plan = draw_plan,
                                         .forget = draw_forget,
                                         .state_size = draw_state_size,
                                         .start = draw_start,
                                         .pick = pick};
