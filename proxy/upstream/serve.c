/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets what becomes free: a session that can take a stream, or room for another connection. */
#include "base/panic.h"
#include "upstream/parts.h"

void claim_wake(struct claim *claim)
{
    task_wake(claim->queue, claim->task);
}

/* Claims that only want a new connection are left out. */
static struct claim *first_for_session(struct upstream *upstream, size_t index)
{
    LIST_EACH(&upstream->outlets[index].waiting, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (claim->only == NULL)
            return claim;
    }
    LIST_EACH(&upstream->pending, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (claim->only == NULL && upstream_allows(upstream, claim, index))
            return claim;
    }
    return NULL;
}

void upstream_keep(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    if (!pool_may_use(session))
        return;
    if (upstream->retired || pool_is_worn(pool, session))
        pool_end(pool, session);
    else
        pool_give(pool, session);
}

void upstream_offer(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    size_t index = upstream_index(upstream, pool);
    struct claim *claim;
    while (pool_may_use(session) && !pool_is_worn(pool, session) &&
           (claim = first_for_session(upstream, index)) != NULL) {
        claim_grant(claim, index, session);
        claim_wake(claim);
    }
    upstream_keep(upstream, session);
    upstream_fill(upstream, pool);
}

static struct claim *first_for_room(struct upstream *upstream, size_t index)
{
    LIST_EACH(&upstream->pending, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (upstream_allows(upstream, claim, index))
            return claim;
    }
    return NULL;
}

/* A claim for a new connection pushes out an idle one. */
static bool make_room(struct pool *pool, const struct claim *claim)
{
    return pool_has_room(pool) || (claim->only != NULL && pool_end_oldest(pool));
}

void upstream_fill(struct upstream *upstream, struct pool *pool)
{
    size_t index = upstream_index(upstream, pool);
    struct claim *claim;
    while ((claim = first_for_room(upstream, index)) != NULL && make_room(pool, claim))
        if (!claim_connect(claim, index))
            claim_wake(claim);
}
