/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member that is likely to answer first: its latency, a moving average over all workers, times the requests it would
 * have with this one, for its weight. One whose latency isn't known yet counts as the quickest and the heaviest there is,
 * so that it is asked soon and without a rush. Among equals the turn goes round.
 */
#include "upstream/balance/balancer.h"

static size_t state_size(const struct roster *roster)
{
    (void)roster;
    return sizeof(size_t);
}

static uint32_t latency_of(const struct choice *choice, size_t index)
{
    return endpoint_latency(choice->roster->members[index].endpoint, choice->now);
}

/* What is taken for members that aren't known yet: the best of everybody's, so that a light one is learnt too. */
struct guess {
    uint32_t latency; /* us */
    uint64_t weight;  /* as choice_weight */
};

static struct guess guess_at(const struct choice *choice)
{
    struct guess guess = {UINT32_MAX, 1};
    for (size_t i = 0; i < choice->roster->count; i++) {
        uint32_t latency = latency_of(choice, i);
        uint64_t weight = choice_weight(choice, i);
        guess.latency = latency != 0 && latency < guess.latency ? latency : guess.latency;
        guess.weight = weight > guess.weight ? weight : guess.weight;
    }
    return guess;
}

/* In doubles: the product of three 32-bit numbers is compared by its ratio, not to the last bit. */
static double cost_of(const struct choice *choice, size_t index, struct guess guess)
{
    struct endpoint *endpoint = choice->roster->members[index].endpoint;
    uint32_t latency = latency_of(choice, index);
    uint32_t active = atomic_load_explicit(&endpoint->active, memory_order_relaxed);
    double weight = (double)(latency != 0 ? choice_weight(choice, index) : guess.weight);
    return (double)(latency != 0 ? latency : guess.latency) * ((double)active + 1) / weight;
}

static size_t pick(void *state, const struct choice *choice)
{
    size_t *turn = state;
    size_t count = choice->roster->count;
    size_t best = CHOICE_NONE;
    double least = 0;
    struct guess guess = guess_at(choice);
    for (size_t i = 0; i < count; i++) {
        size_t index = (*turn + i) % count;
        if (!choice->allows(choice, index))
            continue;
        double cost = cost_of(choice, index, guess);
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
