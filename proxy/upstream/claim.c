/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a claim: new, perhaps pending or connecting, granted or failed, ended. */
#include "base/panic.h"
#include "upstream/parts.h"

/* The endpoint gets this request: counts as load on it until claim_leave. */
static void hold(struct claim *claim, size_t index, enum claim_state state)
{
    claim->endpoint = claim->upstream->cluster->endpoints[index];
    claim->index = (unsigned)index;
    claim->state = state;
    claim->upstream->claims++;
    atomic_fetch_add_explicit(&claim->endpoint->active, 1, memory_order_relaxed);
}

static void leave_pending(struct claim *claim)
{
    list_remove(&claim->node);
    wheel_cancel(&claim->upstream->loop->wheel, &claim->timer);
    claim->upstream->pending_count--;
}

/* Its connector goes on: somebody will need the connection. */
static void leave_waiting(struct claim *claim)
{
    list_remove(&claim->node);
    if (claim->connector != NULL)
        claim->connector->claim = NULL;
    claim->connector = NULL;
}

/* Back to new, whatever it was. */
static void leave(struct claim *claim)
{
    if (claim->state == CLAIM_NEW)
        return;
    if (claim->state == CLAIM_PENDING)
        leave_pending(claim);
    else
        atomic_fetch_sub_explicit(&claim->endpoint->active, 1, memory_order_relaxed);
    if (claim->state == CLAIM_CONNECTING)
        leave_waiting(claim);
    claim->upstream->claims--;
    claim->state = CLAIM_NEW;
}

void claim_fail(struct claim *claim, const struct fault *fault)
{
    leave(claim);
    claim->fault = fault;
}

void claim_grant(struct claim *claim, size_t index, struct session *session)
{
    leave(claim);
    hold(claim, index, CLAIM_GRANTED);
    claim->reused = session->streams > 0;
    claim->stream = session->ops->open(session, claim->arena);
    if (claim->stream == NULL)
        claim_fail(claim, FAULT(out_of_memory));
    else
        stream_follow(claim->stream, claim->queue, claim->task); /* it may break before the task has run */
}

bool claim_connect(struct claim *claim, size_t index)
{
    struct upstream *upstream = claim->upstream;
    struct outlet *outlet = &upstream->outlets[index];
    leave(claim);
    hold(claim, index, CLAIM_CONNECTING);
    list_push(&outlet->waiting, &claim->node);
    claim->connector =
        connector_new(&upstream->connectors, &claim->endpoint->address, claim->connect_timeout);
    if (claim->connector == NULL) {
        claim_fail(claim, FAULT(connect_failed));
        return false;
    }
    claim->connector->pool = &outlet->pool;
    claim->connector->claim = claim;
    outlet->pool.connecting++;
    return true;
}

static void expire(struct timer *timer)
{
    struct claim *claim = CONTAINER(timer, struct claim, timer);
    claim_fail(claim, FAULT(pending_timeout));
    claim_wake(claim);
}

/* Answered at once only when the queue is full. */
static bool wait_in_line(struct claim *claim)
{
    struct upstream *upstream = claim->upstream;
    const struct pool_settings *settings = &upstream->cluster->settings->pool;
    if (upstream->pending_count >= settings->pending) {
        claim_fail(claim, FAULT(pending_full));
        return true;
    }
    claim->state = CLAIM_PENDING;
    upstream->claims++;
    upstream->pending_count++;
    list_push(&upstream->pending, &claim->node);
    claim->timer.fire = expire;
    if (settings->pending_timeout != 0)
        wheel_set(&upstream->loop->wheel, &claim->timer, settings->pending_timeout);
    return false;
}

static bool place(struct claim *claim, size_t index)
{
    struct pool *pool = &claim->upstream->outlets[index].pool;
    struct session *session = claim->only == NULL ? pool_take(pool) : NULL;
    if (session != NULL) {
        claim_grant(claim, index, session);
        upstream_keep(claim->upstream, session);
        return true;
    }
    if (!pool_has_room(pool) && (claim->only == NULL || !pool_end_oldest(pool)))
        return wait_in_line(claim);
    return !claim_connect(claim, index);
}

bool upstream_claim(struct upstream *upstream, struct claim *claim)
{
    size_t index;
    CHECK(upstream, UPSTREAM_MAGIC);
    ASSERT(claim->state == CLAIM_NEW && !upstream->retired);
    claim->upstream = upstream;
    claim->stream = NULL;
    claim->endpoint = NULL;
    claim->reused = false;
    claim->fault = upstream_pick(upstream, claim, &index);
    if (claim->fault != NULL)
        return true;
    return index == CHOICE_NONE ? wait_in_line(claim) : place(claim, index);
}

void claim_end(struct claim *claim)
{
    struct upstream *upstream = claim->upstream;
    if (claim->state == CLAIM_NEW)
        return;
    leave(claim);
    upstream_settle(upstream);
}
