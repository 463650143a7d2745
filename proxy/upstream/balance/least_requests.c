/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint with the fewest requests under way for its weight, counted over all workers. Among equals, which all are
 * when little is to be done, weighted round robin decides: so the first in the config is not always the first.
 */
#include "base/list.h"
#include "upstream/balance/balancer.h"

/* requests / weight */
struct load {
    uint64_t requests;
    uint64_t weight;
};

/* Those of another choice that have the least load. */
struct least {
    struct choice choice;
    const struct choice *all;
    struct load load;
};

static struct load load_of(const struct choice *choice, size_t index)
{
    struct endpoint *endpoint = choice->roster->members[index].endpoint;
    return (struct load){.requests = atomic_load_explicit(&endpoint->active, memory_order_relaxed),
                         .weight = choice_weight(choice, index)};
}

static bool is_less(struct load a, struct load b)
{
    return a.requests * b.weight < b.requests * a.weight;
}

/* Another worker may have changed a load since the least was found: then that endpoint is no equal any more, or a
 * better one. */
static bool allows_equals(const struct choice *choice, size_t index)
{
    const struct least *least = CONTAINER(choice, struct least, choice);
    return least->all->allows(least->all, index) && !is_less(least->load, load_of(choice, index));
}

static size_t pick(void *state, const struct choice *all)
{
    struct least least = {.choice = {.roster = all->roster, .now = all->now, .allows = allows_equals},
                          .all = all};
    size_t found = CHOICE_NONE;
    for (size_t i = 0; i < all->roster->count; i++) {
        if (!all->allows(all, i))
            continue;
        struct load load = load_of(all, i);
        if (found != CHOICE_NONE && !is_less(load, least.load))
            continue;
        found = i;
        least.load = load;
    }
    if (found == CHOICE_NONE)
        return CHOICE_NONE;
    size_t picked = balancer_round_robin.pick(state, &least.choice);
    return picked != CHOICE_NONE ? picked : found;
}

static size_t state_size(const struct roster *roster)
{
    return balancer_round_robin.state_size(roster);
}

static void start(void *state, const struct roster *roster, unsigned number)
{
    balancer_round_robin.start(state, roster, number);
}

const struct balancer balancer_least_requests = {
    .name = "least_requests", .state_size = state_size, .start = start, .pick = pick};
