/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/pool.h"

#include "base/panic.h"

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
    pool->open++;
    cells_add(pool->loop->cells, pool->endpoint->connections_active, 1);
}

static void leave_idle(struct pool *pool, struct session *session)
{
    list_remove(&session->kept);
    pool->idle_count--;
    cells_sub(pool->loop->cells, pool->endpoint->connections_idle, 1);
    cells_add(pool->loop->cells, pool->endpoint->connections_active, 1);
}

/* One in the list may have closed in this turn, which its keeper has yet to hear of. */
struct session *pool_take(struct pool *pool)
{
    CHECK(pool, POOL_MAGIC);
    LIST_EACH(&pool->idle, node)
    {
        struct session *session = CONTAINER(node, struct session, kept);
        if (!pool_may_use(session))
            continue;
        leave_idle(pool, session);
        return session;
    }
    return NULL;
}

void pool_give(struct pool *pool, struct session *session)
{
    CHECK(pool, POOL_MAGIC);
    ASSERT(session->owner == pool);
    if (list_is_linked(&session->kept))
        return;
    session->idle_since = pool->loop->now;
    list_push_front(&pool->idle, &session->kept);
    pool->idle_count++;
    cells_sub(pool->loop->cells, pool->endpoint->connections_active, 1);
    cells_add(pool->loop->cells, pool->endpoint->connections_idle, 1);
    if (pool->idle_count > pool->settings.idle)
        pool_end_oldest(pool);
    await_expiry(pool);
}

bool pool_is_worn(const struct pool *pool, const struct session *session)
{
    return pool->settings.requests_per_connection != 0 &&
           session->streams >= pool->settings.requests_per_connection;
}

void pool_forget(struct pool *pool, struct session *session)
{
    CHECK(pool, POOL_MAGIC);
    ASSERT(session->owner == pool && pool->open > 0);
    if (list_is_linked(&session->kept))
        leave_idle(pool, session);
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
