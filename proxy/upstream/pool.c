/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/pool.h"

#include "base/panic.h"

/* idle_since of a session in use. */
#define NOT_IDLE UINT64_MAX

static struct session *oldest(const struct pool *pool)
{
    struct list_node *node = list_back(&pool->idle);
    return node == NULL ? NULL : CONTAINER(node, struct session, kept);
}

static uint64_t age_limit_of(const struct pool *pool, const struct session *session)
{
    return session->idle_since + pool->settings.idle_timeout;
}

static void await_expiry(struct pool *pool)
{
    struct session *session = oldest(pool);
    if (session == NULL || pool->settings.idle_timeout == 0 || timer_is_set(&pool->expiry))
        return;
    uint64_t at = age_limit_of(pool, session);
    wheel_set(&pool->loop->wheel, &pool->expiry, at > pool->loop->now ? at - pool->loop->now : 0);
}

/* The timer isn't moved when its session is taken: it then finds nothing to end and waits for the next. */
static void expire(struct timer *timer)
{
    struct pool *pool = CONTAINER(timer, struct pool, expiry);
    CHECK(pool, POOL_MAGIC);
    for (struct session *session; (session = oldest(pool)) != NULL;) {
        if (age_limit_of(pool, session) > pool->loop->now)
            break;
        pool_end(pool, session);
    }
    await_expiry(pool);
}

void pool_init(struct pool *pool, struct loop *loop, struct endpoint *endpoint,
               const struct pool_settings *settings)
{
    *pool = (struct pool){.magic = POOL_MAGIC, .loop = loop, .endpoint = endpoint, .settings = *settings};
    list_init(&pool->idle);
    list_init(&pool->shared);
    pool->expiry.fire = expire;
    endpoint_ref(endpoint);
}

void pool_settle(struct pool *pool, const struct pool_settings *settings)
{
    CHECK(pool, POOL_MAGIC);
    pool->settings = *settings;
    while (pool->idle_count > pool->settings.idle && pool_end_oldest(pool))
        continue;
    wheel_cancel(&pool->loop->wheel, &pool->expiry);
    await_expiry(pool);
}

void pool_clear(struct pool *pool)
{
    CHECK(pool, POOL_MAGIC);
    ASSERT(pool->open == 0 && pool->connecting == 0);
    wheel_cancel(&pool->loop->wheel, &pool->expiry);
    resume_unref(pool->resume);
    endpoint_unref(pool->endpoint);
    pool->magic = 0;
}

bool pool_has_room(const struct pool *pool)
{
    return pool->settings.connections == 0 || pool->open + pool->connecting < pool->settings.connections;
}

void pool_adopt(struct pool *pool, struct session *session)
{
    session->owner = pool;
    session->idle_since = NOT_IDLE;
    session->epoch = pool->epoch;
    pool->multiplexes = session->ops->multiplexes;
    pool->open++;
    cells_add(pool->loop->cells, pool->endpoint->connections_active, 1);
}

/* Out of the list that it lies in. idle_since says which one. */
static void unlist(struct pool *pool, struct session *session)
{
    if (!list_is_linked(&session->kept))
        return;
    list_remove(&session->kept);
    if (session->idle_since == NOT_IDLE)
        return;
    session->idle_since = NOT_IDLE;
    pool->idle_count--;
    cells_sub(pool->loop->cells, pool->endpoint->connections_idle, 1);
    cells_add(pool->loop->cells, pool->endpoint->connections_active, 1);
}

/* One in the list may have closed in this turn, which its keeper has yet to hear of. */
static struct session *first_usable(const struct list *list)
{
    LIST_EACH(list, node)
    {
        struct session *session = CONTAINER(node, struct session, kept);
        if (pool_may_use(session))
            return session;
    }
    return NULL;
}

struct session *pool_take(struct pool *pool)
{
    CHECK(pool, POOL_MAGIC);
    struct session *session = first_usable(&pool->shared);
    if (session == NULL)
        session = first_usable(&pool->idle);
    if (session != NULL)
        unlist(pool, session);
    return session;
}

static void keep_idle(struct pool *pool, struct session *session)
{
    session->idle_since = pool->loop->now;
    list_push_front(&pool->idle, &session->kept);
    pool->idle_count++;
    cells_sub(pool->loop->cells, pool->endpoint->connections_active, 1);
    cells_add(pool->loop->cells, pool->endpoint->connections_idle, 1);
    if (pool->idle_count > pool->settings.idle)
        pool_end_oldest(pool);
    await_expiry(pool);
}

void pool_give(struct pool *pool, struct session *session)
{
    CHECK(pool, POOL_MAGIC);
    ASSERT(session->owner == pool);
    bool listed = list_is_linked(&session->kept), idle = session->active == 0;
    if (listed && idle == (session->idle_since != NOT_IDLE))
        return;
    unlist(pool, session);
    if (idle)
        keep_idle(pool, session);
    else
        list_push_front(&pool->shared, &session->kept);
}

bool pool_is_worn(const struct pool *pool, const struct session *session)
{
    unsigned most = pool->settings.requests_per_connection;
    return session->epoch != pool->epoch || (most != 0 && session->streams >= most);
}

void pool_forget(struct pool *pool, struct session *session)
{
    CHECK(pool, POOL_MAGIC);
    ASSERT(session->owner == pool && pool->open > 0);
    unlist(pool, session);
    cells_sub(pool->loop->cells, pool->endpoint->connections_active, 1);
    pool->open--;
    session->owner = NULL;
    session_forget(session);
}

void pool_end(struct pool *pool, struct session *session)
{
    session_close(session);
    pool_forget(pool, session);
}

bool pool_end_oldest(struct pool *pool)
{
    struct session *session = oldest(pool);
    if (session == NULL)
        return false;
    pool_end(pool, session);
    return true;
}

void pool_retire(struct pool *pool, struct session *session)
{
    unlist(pool, session);
    if (session->active == 0)
        pool_end(pool, session);
    else
        session_drain(session);
}

void pool_drain(struct pool *pool)
{
    while (pool_end_oldest(pool))
        continue;
    for (struct list_node *node; (node = list_front(&pool->shared)) != NULL;)
        pool_retire(pool, CONTAINER(node, struct session, kept));
}
