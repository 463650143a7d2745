/* SPDX-License-Identifier: Apache-2.0 */
/* Birth and end of an upstream, and what it hears of its connections. */
#include "upstream/upstream.h"

#include <stdlib.h>

#include "base/panic.h"
#include "upstream/parts.h"

/* A claim waits for this very connection, or others may have it. */
static void connected(struct upstream *upstream, struct connector *connector, struct session *session)
{
    struct pool *pool = connector->pool;
    struct claim *claim = connector->claim;
    pool_adopt(pool, session);
    if (claim != NULL) {
        claim_grant(claim, upstream_index(upstream, pool), session);
        claim_wake(claim);
    }
    upstream_offer(upstream, session);
}

static void failed(struct upstream *upstream, struct connector *connector)
{
    struct claim *claim = connector->claim;
    if (claim != NULL) {
        claim_fail(claim, connector->fault);
        claim_wake(claim);
    }
    upstream_fill(upstream, connector->pool);
}

static void hear_connector(struct upstream *upstream, struct connector *connector)
{
    struct session *session = connector_session(connector, upstream->http);
    connector->pool->connecting--;
    if (session != NULL)
        connected(upstream, connector, session);
    else
        failed(upstream, connector);
    connector_free(connector);
}

static void hear_session(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    if ((session->marks & SESSION_CLOSED) != 0) {
        pool_forget(pool, session);
        upstream_fill(upstream, pool);
    } else if ((session->marks & SESSION_IDLE) != 0 && !list_is_linked(&session->kept)) {
        upstream_offer(upstream, session);
    }
}

static void upstream_run(struct task *task)
{
    struct upstream *upstream = CONTAINER(CONTAINER(task, struct keeper, task), struct upstream, keeper);
    struct list_node *node;
    CHECK(upstream, UPSTREAM_MAGIC);
    while ((node = list_front(&upstream->connectors.finished)) != NULL)
        hear_connector(upstream, CONTAINER(node, struct connector, node));
    while ((node = list_pop(&upstream->keeper.news)) != NULL)
        hear_session(upstream, CONTAINER(node, struct session, news));
    upstream_settle(upstream);
}

static void upstream_free(struct upstream *upstream)
{
    for (size_t i = 0; i < upstream->outlet_count; i++)
        pool_clear(&upstream->outlets[i].pool);
    free(upstream->outlets);
    free(upstream->balance);
    upstream->magic = 0;
    free(upstream);
}

static void run_retire(struct task *task)
{
    upstream_free(CONTAINER(task, struct upstream, retire));
}

static bool make_outlets(struct upstream *upstream)
{
    const struct cluster *cluster = upstream->cluster;
    size_t count = cluster_size(cluster);
    upstream->outlets = calloc(count + 1, sizeof(struct outlet));
    upstream->balance = calloc(1, cluster->balancer->state_size(cluster) + 1);
    if (upstream->outlets == NULL || upstream->balance == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct outlet *outlet = &upstream->outlets[i];
        pool_init(&outlet->pool, upstream->loop, cluster->endpoints[i], &cluster->settings->pool);
        list_init(&outlet->waiting);
    }
    upstream->outlet_count = count;
    if (cluster->balancer->start != NULL)
        cluster->balancer->start(upstream->balance, cluster);
    return true;
}

struct upstream *upstream_new(struct loop *loop, const struct cluster *cluster,
                              const struct http_settings *http)
{
    CHECK(cluster, CLUSTER_MAGIC);
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream == NULL)
        return NULL;
    upstream->magic = UPSTREAM_MAGIC;
    upstream->loop = loop;
    upstream->cluster = cluster;
    upstream->http = http;
    upstream->keeper.task.run = upstream_run;
    upstream->keeper.queue = &loop->ready;
    upstream->retire.run = run_retire;
    list_init(&upstream->keeper.news);
    list_init(&upstream->pending);
    connectors_init(&upstream->connectors, loop, &upstream->keeper);
    if (make_outlets(upstream))
        return upstream;
    upstream_free(upstream);
    return NULL;
}

void upstream_dial_with(struct upstream *upstream, const struct dialer *dialer)
{
    upstream->connectors.dialer = dialer;
}

static bool is_in_use(const struct upstream *upstream)
{
    size_t open = 0;
    for (size_t i = 0; i < upstream->outlet_count; i++)
        open += upstream->outlets[i].pool.open;
    return open != 0 || upstream->claims != 0;
}

void upstream_settle(struct upstream *upstream)
{
    if (!upstream->retired || is_in_use(upstream))
        return;
    task_cancel(&upstream->keeper.task);
    loop_retire(upstream->loop, &upstream->retire);
}

static void drop_connectors(struct list *connectors)
{
    for (struct list_node *node; (node = list_front(connectors)) != NULL;) {
        struct connector *connector = CONTAINER(node, struct connector, node);
        ASSERT(connector->claim == NULL);
        connector->pool->connecting--;
        connector_free(connector);
    }
}

void upstream_retire(struct upstream *upstream)
{
    CHECK(upstream, UPSTREAM_MAGIC);
    ASSERT(upstream->pending_count == 0 && !upstream->retired);
    upstream->retired = true;
    drop_connectors(&upstream->connectors.under_way);
    drop_connectors(&upstream->connectors.finished);
    for (size_t i = 0; i < upstream->outlet_count; i++)
        while (pool_end_oldest(&upstream->outlets[i].pool))
            continue;
    upstream_settle(upstream);
}
