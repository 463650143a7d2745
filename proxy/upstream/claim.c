/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a claim: new, perhaps pending or connecting, granted or failed, ended. */
#include "base/panic.h"
#include "upstream/parts.h"

/* So many streams of one connection are waited for before another is opened. */
enum { SHARE_MAX = 64 };

/* Which outlet it had, also when it failed there. */
static void release(struct claim *claim)
{
    struct outlet *outlet = claim->outlet;
    claim->outlet = NULL;
    claim->endpoint = NULL;
    if (outlet == NULL)
        return;
    outlet->claims--;
    outlet_settle(outlet);
}

/* The endpoint gets this request: counts as load on it until leave. */
static void hold(struct claim *claim, struct outlet *outlet, enum claim_state state)
{
    outlet->claims++;
    release(claim);
    claim->outlet = outlet;
    claim->endpoint = outlet->pool.endpoint;
    claim->state = state;
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
    if (claim->shares)
        claim->outlet->sharing--;
    claim->shares = false;
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
    claim->state = CLAIM_NEW;
}

/* The circuit breaker: how many there are at once, in all workers. */
static bool enter(struct claim *claim)
{
    struct cluster *cluster = claim->upstream->cluster;
    unsigned most = claim->upstream->roster->settings.max_requests;
    claim->counted = most != 0;
    if (most == 0 || atomic_fetch_add_explicit(&cluster->active, 1, memory_order_relaxed) < most)
        return true;
    atomic_fetch_sub_explicit(&cluster->active, 1, memory_order_relaxed);
    claim->counted = false;
    return false;
}

static void exit_circuit(struct claim *claim)
{
    if (claim->counted)
        atomic_fetch_sub_explicit(&claim->upstream->cluster->active, 1, memory_order_relaxed);
    claim->counted = false;
}

void claim_fail(struct claim *claim, const struct fault *fault)
{
    leave(claim);
    exit_circuit(claim);
    claim->fault = fault;
}

void claim_grant(struct claim *claim, struct outlet *outlet, struct session *session)
{
    leave(claim);
    hold(claim, outlet, CLAIM_GRANTED);
    claim->reused = session->streams > 0;
    claim->stream = session->ops->open(session, claim->arena);
    if (claim->stream == NULL)
        claim_fail(claim, FAULT(out_of_memory));
    else
        stream_follow(claim->stream, claim->queue, claim->task); /* it may break before the task has run */
}

bool claim_connect(struct claim *claim, struct outlet *outlet)
{
    struct upstream *upstream = claim->upstream;
    leave(claim);
    hold(claim, outlet, CLAIM_CONNECTING);
    list_push(&outlet->waiting, &claim->node);
    const struct destination to = {claim->endpoint, &upstream->roster->settings, outlet->pool.resume};
    claim->connector = connector_new(&upstream->connectors, &to, claim->connect_timeout);
    if (claim->connector == NULL) {
        claim_fail(claim, FAULT(connect_failed));
        return false;
    }
    claim->connector->pool = &outlet->pool;
    claim->connector->claim = claim;
    outlet->pool.connecting++;
    return true;
}

/* A connection that is being opened will carry this request too. */
static bool may_share(const struct claim *claim, const struct outlet *outlet)
{
    const struct pool *pool = &outlet->pool;
    bool multiplexes = claim->upstream->roster->settings.protocol == PROTOCOL_HTTP2 || pool->multiplexes;
    return multiplexes && claim->only == 0 && outlet->sharing < pool->connecting * SHARE_MAX;
}

static void await_shared(struct claim *claim, struct outlet *outlet)
{
    leave(claim);
    hold(claim, outlet, CLAIM_CONNECTING);
    list_push(&outlet->waiting, &claim->node);
    claim->shares = true;
    outlet->sharing++;
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
    const struct pool_settings *settings = &upstream->roster->settings.pool;
    if (upstream->pending_count >= settings->pending) {
        claim_fail(claim, FAULT(pending_full));
        return true;
    }
    claim->state = CLAIM_PENDING;
    upstream->pending_count++;
    list_push(&upstream->pending, &claim->node);
    claim->timer.fire = expire;
    if (settings->pending_timeout != 0)
        wheel_set(&upstream->loop->wheel, &claim->timer, settings->pending_timeout);
    return false;
}

static struct claim *first_sharing(const struct outlet *outlet)
{
    LIST_EACH(&outlet->waiting, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        if (claim->shares)
            return claim;
    }
    return NULL;
}

void claims_share(struct outlet *outlet)
{
    struct pool *pool = &outlet->pool;
    while (outlet->sharing > pool->connecting * SHARE_MAX) {
        struct claim *claim = first_sharing(outlet);
        bool room = pool_has_room(pool);
        if (!room)
            leave(claim);
        if (room ? !claim_connect(claim, outlet) : wait_in_line(claim))
            claim_wake(claim);
    }
}

static bool place(struct claim *claim, struct outlet *outlet)
{
    struct pool *pool = &outlet->pool;
    struct session *session = claim->only == 0 ? pool_take(pool) : NULL;
    if (session != NULL) {
        claim_grant(claim, outlet, session);
        upstream_keep(claim->upstream, session);
        return true;
    }
    if (may_share(claim, outlet)) {
        await_shared(claim, outlet);
        return false;
    }
    if (!pool_has_room(pool) && (claim->only == 0 || !pool_end_oldest(pool)))
        return wait_in_line(claim);
    return !claim_connect(claim, outlet);
}

bool upstream_claim(struct upstream *upstream, struct claim *claim)
{
    size_t index;
    CHECK(upstream, UPSTREAM_MAGIC);
    ASSERT(claim->upstream == NULL && !upstream->retired);
    claim->upstream = upstream;
    upstream->claims++;
    claim->stream = NULL;
    claim->reused = false;
    claim->fault = enter(claim) ? upstream_pick(upstream, claim, &index) : FAULT(circuit_open);
    if (claim->fault != NULL) {
        exit_circuit(claim);
        return true;
    }
    return index == CHOICE_NONE ? wait_in_line(claim) : place(claim, upstream->outlets[index]);
}

void claim_end(struct claim *claim)
{
    struct upstream *upstream = claim->upstream;
    if (upstream == NULL)
        return;
    leave(claim);
    exit_circuit(claim);
    release(claim);
    claim->upstream = NULL;
    upstream->claims--;
    upstream_settle(upstream);
}
