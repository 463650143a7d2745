/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smooth weighted round robin: at each pick everyone's credit grows by its weight, the richest is picked and pays the
 * sum. So of weights 5, 1, 1 come A A B A C A A rather than A A A A A B C, and each round comes out exactly.
 */
#include "upstream/balance/balancer.h"

static size_t state_size(const struct roster *roster)
{
    return roster->count * sizeof(int64_t);
}

static size_t pick(void *state, const struct choice *choice)
{
    int64_t *credit = state;
    int64_t sum = 0;
    size_t richest = CHOICE_NONE;
    for (size_t i = 0; i < choice->roster->count; i++) {
        if (!choice->allows(choice, i))
            continue;
        int64_t weight = (int64_t)choice_weight(choice, i);
        sum += weight;
        credit[i] += weight;
        if (richest == CHOICE_NONE || credit[i] > credit[richest])
            richest = i;
    }
    if (richest != CHOICE_NONE)
        credit[richest] -= sum;
    return richest;
}

const struct balancer balancer_round_robin = {.name = "round_robin", .state_size = state_size, .pick = pick};
