/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets what becomes free: a session that can take a stream, or room for another connection. */
#include "base/panic.h"
#include "upstream/parts.h"

void claim_wake(struct claim *claim)
{
    task_wake(claim->queue, claim->task);
}

/* Claims that only want a new connection are left out. */
static struct claim *first_for_session(struct upstream *upstream, struct outlet *outlet)
{
    LIST_EACH(&outlet->waiting, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (claim->only == 0)
            return claim;
    }
    LIST_EACH(&upstream->pending, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (claim->only == 0 && upstream_allows(upstream, claim, outlet))
            return claim;
    }
    return NULL;
}

void upstream_keep(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    if (!pool_may_use(session))
        return;
    if (upstream->retired || outlet_of(pool)->index == CHOICE_NONE || pool_is_worn(pool, session))
        pool_retire(pool, session);
    else
        pool_give(pool, session);
    outlet_settle(outlet_of(pool));
}

void upstream_offer(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    struct outlet *outlet = outlet_of(pool);
    struct claim *claim;
    while (pool_may_use(session) && !pool_is_worn(pool, session) &&
           (claim = first_for_session(upstream, outlet)) != NULL) {
        claim_grant(claim, outlet, session);
        claim_wake(claim);
    }
    upstream_keep(upstream, session);
    upstream_fill(upstream, outlet);
}

static struct claim *first_for_room(struct upstream *upstream, struct outlet *outlet)
{
    LIST_EACH(&upstream->pending, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (upstream_allows(upstream, claim, outlet))
            return claim;
    }
    return NULL;
}

/* A claim for a new connection pushes out an idle one. */
static bool make_room(struct pool *pool, const struct claim *claim)
{
    return pool_has_room(pool) || (claim->only != 0 && pool_end_oldest(pool));
}

void upstream_fill(struct upstream *upstream, struct outlet *outlet)
{
    struct claim *claim;
    while (outlet->index != CHOICE_NONE && (claim = first_for_room(upstream, outlet)) != NULL &&
           make_room(&outlet->pool, claim))
        if (!claim_connect(claim, outlet))
            claim_wake(claim);
}
