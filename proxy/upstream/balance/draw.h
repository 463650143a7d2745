/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drawing a member at random, each by its weight. The plan is the sums of the weights so far, so that a draw is a search
 * by halves; a member that isn't allowed is drawn again, and after some misses those that are left are looked at one by
 * one. Who starts slowly is turned down as often as is missing of its weight.
 */
#ifndef UPSTREAM_BALANCE_DRAW_H
#define UPSTREAM_BALANCE_DRAW_H

#include "upstream/balance/balancer.h"
#include "upstream/balance/dice.h"

/* For balancers whose plan it is, and whose state is a struct dice. */
bool draw_plan(struct roster *roster);
void draw_forget(struct roster *roster);
size_t draw_state_size(const struct roster *roster);
void draw_start(void *state, const struct roster *roster, unsigned number);

/* A member that is allowed, other than except (CHOICE_NONE: any), or CHOICE_NONE. */
size_t draw(struct dice *dice, const struct choice *choice, size_t except);

#endif
