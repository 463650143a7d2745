/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smooth weighted round robin: at each pick everyone's credit grows by its weight, the richest is picked and pays the
 * sum. So of weights 5, 1, 1 come A A B A C A A rather than A A A A A B C, and each round comes out exactly. Where all
 * weights are the same a cursor does as well, and a pick doesn't cost more with a thousand members.
 */
#include "upstream/balance/balancer.h"

struct turns {
    size_t next;      /* even rosters */
    int64_t credit[]; /* others: in 256ths of a weight */
};

static size_t state_size(const struct roster *roster)
{
    return sizeof(struct turns) + (roster->even ? 0 : roster->count * sizeof(int64_t));
}

/* Loops don't walk in step. */
static void start(void *state, const struct roster *roster, unsigned number)
{
    struct turns *turns = state;
    turns->next = roster->count > 0 ? number % roster->count : 0;
}

static size_t pick_next(struct turns *turns, const struct choice *choice)
{
    size_t count = choice->roster->count;
    for (size_t i = 0; i < count; i++) {
        size_t index = turns->next + i < count ? turns->next + i : turns->next + i - count;
        if (!choice->allows(choice, index))
            continue;
        turns->next = index + 1 < count ? index + 1 : 0;
        return index;
    }
    return CHOICE_NONE;
}

static size_t pick_richest(struct turns *turns, const struct choice *choice)
{
    int64_t sum = 0;
    size_t richest = CHOICE_NONE;
    for (size_t i = 0; i < choice->roster->count; i++) {
        if (!choice->allows(choice, i))
            continue;
        int64_t weight = (int64_t)choice_weight(choice, i);
        sum += weight;
        turns->credit[i] += weight;
        if (richest == CHOICE_NONE || turns->credit[i] > turns->credit[richest])
            richest = i;
    }
    if (richest != CHOICE_NONE)
        turns->credit[richest] -= sum;
    return richest;
}

static size_t pick(void *state, const struct choice *choice)
{
    return choice->roster->even ? pick_next(state, choice) : pick_richest(state, choice);
}

const struct balancer balancer_round_robin = {
    .name = "round_robin", .state_size = state_size, .start = start, .pick = pick};
