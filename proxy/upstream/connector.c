/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/connector.h"

#include "http/h1/h1.h"
#include "net/tcp.h"

static struct link *dial_tcp(const struct dialer *dialer, struct loop *loop, const struct address *address)
{
    (void)dialer;
    return tcp_connect(loop, address);
}

const struct dialer dialer_tcp = {.dial = dial_tcp, .start = tcp_start};

void connectors_init(struct connectors *set, struct loop *loop, struct keeper *keeper)
{
    *set = (struct connectors){.loop = loop, .dialer = &dialer_tcp, .keeper = keeper};
    list_init(&set->under_way);
    list_init(&set->finished);
}

static void finish(struct connector *connector)
{
    struct connectors *set = connector->set;
    wheel_cancel(&set->loop->wheel, &connector->timer);
    list_remove(&connector->node);
    list_push(&set->finished, &connector->node);
    task_wake(set->keeper->queue, &set->keeper->task);
}

/* The link is open or broken. */
static void on_marked(void *user)
{
    finish(user);
}

/* Neither can happen before a session has the link, which begins to read. */
static void on_input(void *user, struct slice slice)
{
    (void)user;
    (void)slice;
}

static void on_drained(void *user)
{
    (void)user;
}

static const struct link_user link_user = {on_input, on_marked, on_drained};

static void expire(struct timer *timer)
{
    struct connector *connector = CONTAINER(timer, struct connector, timer);
    connector->fault = FAULT(connect_timeout);
    finish(connector);
}

static void connector_retire(struct task *task)
{
    struct connector *connector = CONTAINER(task, struct connector, retire);
    loop_give(connector->loop, connector, sizeof *connector);
}

static struct connector *connector_over(struct connectors *set, struct link *link)
{
    struct connector *connector = loop_take(set->loop, sizeof *connector);
    if (connector == NULL)
        return NULL;
    connector->set = set;
    connector->loop = set->loop;
    connector->link = link;
    connector->timer.fire = expire;
    connector->retire.run = connector_retire;
    link_use(link, &link_user, connector);
    list_push(&set->under_way, &connector->node);
    return connector;
}

struct connector *connector_new(struct connectors *set, const struct address *address, uint64_t timeout)
{
    struct link *link = set->dialer->dial(set->dialer, set->loop, address);
    if (link == NULL)
        return NULL;
    struct connector *connector = connector_over(set, link);
    if (connector == NULL)
        link_close(link);
    else if ((link->marks & (LINK_OPEN | LINK_BROKEN)) != 0)
        finish(connector);
    else if (timeout != 0)
        wheel_set(&set->loop->wheel, &connector->timer, timeout);
    return connector;
}

/* The protocol: HTTP/1.1 as long as there is no other. */
static struct session *speak(struct connector *connector, const struct http_settings *http)
{
    struct link *link = connector->link;
    struct session *session = h1_new(link, SESSION_CLIENT, http, connector->set->keeper);
    if (session == NULL)
        return NULL;
    connector->link = NULL;
    connector->set->dialer->start(link);
    return session;
}

struct session *connector_session(struct connector *connector, const struct http_settings *http)
{
    if ((connector->link->marks & LINK_BROKEN) != 0)
        connector->fault = connector->link->fault;
    if (connector->fault != NULL)
        return NULL;
    struct session *session = speak(connector, http);
    if (session == NULL)
        connector->fault = FAULT(out_of_memory);
    return session;
}

void connector_free(struct connector *connector)
{
    wheel_cancel(&connector->set->loop->wheel, &connector->timer);
    list_remove(&connector->node);
    if (connector->link != NULL)
        link_close(connector->link);
    loop_retire(connector->set->loop, &connector->retire);
}
