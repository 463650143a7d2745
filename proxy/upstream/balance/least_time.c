/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member that is likely to answer first: its latency, a moving average over all workers, times the requests it would
 * have with this one, for its weight. One whose latency isn't known yet counts as the quickest that is known, so that it
 * gets its share and no rush. Among equals the turn goes round.
 */
#include "upstream/balance/balancer.h"

static size_t state_size(const struct roster *roster)
{
    (void)roster;
    return sizeof(size_t);
}

static uint64_t latency_of(const struct choice *choice, size_t index)
{
    return atomic_load_explicit(&choice->roster->members[index].endpoint->latency, memory_order_relaxed);
}

/* us; 1 when none is known. */
static uint64_t quickest(const struct choice *choice)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < choice->roster->count; i++) {
        uint64_t latency = latency_of(choice, i);
        if (latency != 0 && latency < least)
            least = latency;
    }
    return least != UINT64_MAX ? least : 1;
}

/* In doubles: the product of three 32-bit numbers is compared by its ratio, not to the last bit. */
static double cost_of(const struct choice *choice, size_t index, uint64_t unknown)
{
    struct endpoint *endpoint = choice->roster->members[index].endpoint;
    uint64_t latency = latency_of(choice, index);
    uint32_t active = atomic_load_explicit(&endpoint->active, memory_order_relaxed);
    return (double)(latency != 0 ? latency : unknown) * ((double)active + 1) /
           (double)choice_weight(choice, index);
}

static size_t pick(void *state, const struct choice *choice)
{
    size_t *turn = state;
    size_t count = choice->roster->count;
    size_t best = CHOICE_NONE;
    double least = 0;
    uint64_t unknown = quickest(choice);
    for (size_t i = 0; i < count; i++) {
        size_t index = (*turn + i) % count;
        if (!choice->allows(choice, index))
            continue;
        double cost = cost_of(choice, index, unknown);
        if (best != CHOICE_NONE && cost >= least)
            continue;
        best = index;
        least = cost;
    }
    if (best != CHOICE_NONE)
        *turn = best + 1;
    return best;
}

const struct balancer balancer_least_time = {.name = "least_time", .state_size = state_size, .pick = pick};
