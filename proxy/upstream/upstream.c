/* SPDX-License-Identifier: Apache-2.0 */
/* Birth and end of an upstream, and what it hears of its connections. */
#include "upstream/upstream.h"

#include <stdlib.h>

#include "base/panic.h"
#include "upstream/diagnosis.h"
#include "upstream/parts.h"

/* How long an endpoint that can't be reached is tried after the others only, ms. */
enum { REST_MS = 1000 };

/* A claim waits for this very connection, or others may have it. */
static void connected(struct upstream *upstream, struct connector *connector, struct session *session)
{
    struct pool *pool = connector->pool;
    struct claim *claim = connector->claim;
    pool_adopt(pool, session);
    endpoint_wake(pool->endpoint);
    if (claim != NULL) {
        claim_grant(claim, outlet_of(pool), session);
        claim_wake(claim);
    }
    upstream_offer(upstream, session);
    claims_share(outlet_of(pool));
}

/* Those that waited for a connection of others have none coming. */
static void fail_sharing(struct outlet *outlet, const struct fault *fault)
{
    LIST_EACH_SAFE(&outlet->waiting, node)
    {
        struct claim *claim = CONTAINER(node, struct claim, node);
        claim_fail(claim, fault);
        claim_wake(claim);
    }
}

static void failed(struct upstream *upstream, struct connector *connector)
{
    struct claim *claim = connector->claim;
    struct outlet *outlet = outlet_of(connector->pool);
    if (connector->fault != FAULT(overloaded)) /* that is ours */
        atomic_store_explicit(&connector->pool->endpoint->resting_until, upstream->loop->now + REST_MS,
                              memory_order_relaxed);
    if (claim != NULL) {
        claim_fail(claim, connector->fault);
        claim_wake(claim);
    }
    if (outlet->pool.connecting == 0)
        fail_sharing(outlet, connector->fault);
    upstream_fill(upstream, outlet);
    outlet_settle(outlet);
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

/* With TLS the protocol was agreed on, and silence has other reasons. */
static void tell_mismatch(const struct upstream *upstream, const struct session *session)
{
    const struct pool *pool = session->owner;
    if (session->mismatch != MISMATCH_SILENT || upstream_settings(upstream)->tls == NULL)
        diagnosis_tell(pool->endpoint, session->mismatch);
}

static void hear_session(struct upstream *upstream, struct session *session)
{
    struct pool *pool = session->owner;
    if ((session->marks & SESSION_CLOSED) != 0) {
        tell_mismatch(upstream, session);
        pool_forget(pool, session);
        upstream_fill(upstream, outlet_of(pool));
        outlet_settle(outlet_of(pool));
    } else if ((session->marks & SESSION_IDLE) != 0) {
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
    for (size_t i = 0; upstream->outlets != NULL && i < upstream->roster->count; i++)
        outlet_free(upstream->outlets[i]);
    free(upstream->outlets);
    free(upstream->balance);
    if (upstream->roster != NULL)
        roster_unref(upstream->roster);
    cluster_unref(upstream->cluster);
    upstream->magic = 0;
    free(upstream);
}

static void run_retire(struct task *task)
{
    upstream_free(CONTAINER(task, struct upstream, retire));
}

struct upstream *upstream_new(struct loop *loop, struct cluster *cluster, const struct http_settings *http)
{
    CHECK(cluster, CLUSTER_MAGIC);
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream == NULL)
        return NULL;
    upstream->magic = UPSTREAM_MAGIC;
    upstream->refs = 1;
    upstream->loop = loop;
    upstream->cluster = cluster;
    upstream->http = http;
    upstream->keeper.task.run = upstream_run;
    upstream->keeper.queue = &loop->ready;
    upstream->retire.run = run_retire;
    list_init(&upstream->keeper.news);
    list_init(&upstream->pending);
    list_init(&upstream->leaving);
    connectors_init(&upstream->connectors, loop, &upstream->keeper);
    budget_init(&upstream->budget, loop->now);
    cluster_ref(cluster);
    if (upstream_refresh(upstream))
        return upstream;
    upstream_free(upstream);
    return NULL;
}

struct cluster *upstream_cluster(const struct upstream *upstream)
{
    return upstream->cluster;
}

const struct cluster_settings *upstream_settings(const struct upstream *upstream)
{
    return &upstream->roster->settings;
}

struct budget *upstream_budget(struct upstream *upstream)
{
    return &upstream->budget;
}

void upstream_dial_with(struct upstream *upstream, const struct dialer *dialer)
{
    upstream->connectors.dialer = dialer;
}

static bool is_in_use(const struct upstream *upstream)
{
    size_t open = 0;
    for (size_t i = 0; i < upstream->roster->count; i++)
        open += upstream->outlets[i]->pool.open;
    return open != 0 || upstream->claims != 0 || !list_is_empty(&upstream->leaving);
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
        outlet_settle(outlet_of(connector->pool));
        connector_free(connector);
    }
}

static void retire(struct upstream *upstream)
{
    ASSERT(upstream->pending_count == 0 && !upstream->retired);
    upstream->retired = true;
    drop_connectors(&upstream->connectors.under_way);
    drop_connectors(&upstream->connectors.finished);
    for (size_t i = 0; i < upstream->roster->count; i++)
        pool_drain(&upstream->outlets[i]->pool);
    upstream_settle(upstream);
}

struct upstream *upstream_ref(struct upstream *upstream)
{
    CHECK(upstream, UPSTREAM_MAGIC);
    upstream->refs++;
    return upstream;
}

void upstream_unref(struct upstream *upstream)
{
    CHECK(upstream, UPSTREAM_MAGIC);
    ASSERT(upstream->refs > 0);
    if (--upstream->refs == 0)
        retire(upstream);
}
