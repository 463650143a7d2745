/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoint a claim gets. */
#include "upstream/parts.h"

static bool was_tried(const struct claim *claim, uint64_t id)
{
    for (unsigned i = 0; i < claim->tried_count; i++)
        if (claim->tried[i] == id)
            return true;
    return false;
}

bool upstream_allows(const struct upstream *upstream, const struct claim *claim, const struct outlet *outlet)
{
    if (outlet->index == CHOICE_NONE)
        return false;
    const struct member *member = &upstream->roster->members[outlet->index];
    if (claim->only != 0)
        return claim->only == member->endpoint->id;
    return member->weight != 0 && member->backup == claim->backup &&
           endpoint_is_fit(member->endpoint, upstream->loop->now) && !was_tried(claim, member->endpoint->id);
}

static bool has_room(const struct outlet *outlet)
{
    return outlet->pool.idle_count > 0 || pool_has_room(&outlet->pool);
}

/* As the balancer asks: at once, with a connection that is there or that may be opened. */
static bool allows_at_once(const struct choice *choice, size_t index)
{
    const struct upstream *upstream = CONTAINER(choice, struct upstream, choice);
    const struct outlet *outlet = upstream->outlets[index];
    return upstream_allows(upstream, upstream->chooser, outlet) && has_room(outlet);
}

static bool is_awake(const struct upstream *upstream, const struct outlet *outlet)
{
    return atomic_load_explicit(&outlet->pool.endpoint->resting_until, memory_order_relaxed) <=
           upstream->loop->now;
}

/* The same, without those that could not be reached a moment ago. */
static bool allows_awake(const struct choice *choice, size_t index)
{
    const struct upstream *upstream = CONTAINER(choice, struct upstream, choice);
    return is_awake(upstream, upstream->outlets[index]) && allows_at_once(choice, index);
}

/* Endpoints in the order of preference. */
static const struct tier {
    bool backup;
    bool awake;
} tiers[] = {{false, true}, {false, false}, {true, true}, {true, false}};

static bool tier_has_any(const struct upstream *upstream, const struct claim *claim, const struct tier *tier)
{
    for (size_t i = 0; i < upstream->roster->count; i++) {
        const struct outlet *outlet = upstream->outlets[i];
        if (upstream_allows(upstream, claim, outlet) && (!tier->awake || is_awake(upstream, outlet)))
            return true;
    }
    return false;
}

static const struct tier *best_tier(const struct upstream *upstream, struct claim *claim)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++) {
        claim->backup = tiers[i].backup;
        if (tier_has_any(upstream, claim, &tiers[i]))
            return &tiers[i];
    }
    return NULL;
}

/* A client stays with its endpoint while the operator drains it. */
static bool may_be_pinned(const struct upstream *upstream, const struct claim *claim, size_t index)
{
    const struct endpoint *endpoint = upstream->roster->members[index].endpoint;
    unsigned standing = atomic_load_explicit(&endpoint->standing, memory_order_relaxed);
    return (standing & ~(unsigned)ENDPOINT_DRAIN) == 0 &&
           atomic_load_explicit(&endpoint->ejected_until, memory_order_relaxed) <= upstream->loop->now &&
           is_awake(upstream, upstream->outlets[index]) && has_room(upstream->outlets[index]) &&
           !was_tried(claim, endpoint->id);
}

static size_t find_pinned(const struct upstream *upstream, const struct claim *claim)
{
    size_t index = claim->pinned != 0 ? roster_find(upstream->roster, claim->pinned) : SIZE_MAX;
    return index != SIZE_MAX && may_be_pinned(upstream, claim, index) ? index : CHOICE_NONE;
}

static size_t choose(struct upstream *upstream, const struct claim *claim, const struct tier *tier)
{
    upstream->choice = (struct choice){.roster = upstream->roster,
                                       .hash = claim->hash,
                                       .now = upstream->loop->now,
                                       .allows = tier->awake ? allows_awake : allows_at_once};
    upstream->chooser = claim;
    return upstream->roster->balancer->pick(upstream->balance, &upstream->choice);
}

const struct fault *upstream_pick(struct upstream *upstream, struct claim *claim, size_t *index)
{
    if (claim->only != 0) {
        *index = roster_find(upstream->roster, claim->only);
        return *index == CHOICE_NONE ? FAULT(no_endpoint) : NULL;
    }
    *index = find_pinned(upstream, claim);
    if (*index != CHOICE_NONE)
        return NULL;
    const struct tier *tier = best_tier(upstream, claim);
    if (tier == NULL && claim->tried_count > 0) {
        claim->tried_count = 0;
        tier = best_tier(upstream, claim);
    }
    if (tier == NULL)
        return FAULT(no_endpoint);
    *index = choose(upstream, claim, tier);
    return NULL;
}
