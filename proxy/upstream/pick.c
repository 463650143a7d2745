/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/parts.h"

static bool was_tried(const struct claim *claim, size_t index)
{
    return index < CLAIM_TRIED && (claim->tried >> index & 1) != 0;
}

bool upstream_allows(const struct upstream *upstream, const struct claim *claim, size_t index)
{
    if (claim->only != NULL)
        return claim->only == upstream->cluster->endpoints[index];
    return cluster_weight(upstream->cluster, index) != 0 && !was_tried(claim, index);
}

/* As the balancer asks: at once, with a connection that is there or that may be opened. */
static bool allows_at_once(const struct choice *choice, size_t index)
{
    const struct upstream *upstream = CONTAINER(choice, struct upstream, choice);
    const struct pool *pool = &upstream->outlets[index].pool;
    return upstream_allows(upstream, upstream->chooser, index) &&
           (pool->idle_count > 0 || pool_has_room(pool));
}

static bool allows_any(const struct upstream *upstream, const struct claim *claim)
{
    for (size_t i = 0; i < upstream->outlet_count; i++)
        if (upstream_allows(upstream, claim, i))
            return true;
    return false;
}

static size_t index_of(const struct upstream *upstream, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < upstream->outlet_count; i++)
        if (upstream->cluster->endpoints[i] == endpoint)
            return i;
    return CHOICE_NONE;
}

const struct fault *upstream_pick(struct upstream *upstream, struct claim *claim, size_t *index)
{
    if (claim->only != NULL) {
        *index = index_of(upstream, claim->only);
        return *index == CHOICE_NONE ? FAULT(no_endpoint) : NULL;
    }
    if (!allows_any(upstream, claim)) {
        claim->tried = 0;
        if (!allows_any(upstream, claim))
            return FAULT(no_endpoint);
    }
    upstream->choice = (struct choice){.cluster = upstream->cluster, .allows = allows_at_once};
    upstream->chooser = claim;
    *index = upstream->cluster->balancer->pick(upstream->balance, &upstream->choice);
    return NULL;
}
