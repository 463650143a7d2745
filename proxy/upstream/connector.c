/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/connector.h"

#include "base/log.h"
#include "http/h1/h1.h"
#include "http/h2/h2.h"
#include "net/tcp.h"
#include "tls/tls.h"
#include "upstream/diagnosis.h"
#include "upstream/pool.h"

static struct link *dial_tcp(const struct dialer *dialer, struct loop *loop, const struct address *address)
{
    (void)dialer;
    return tcp_connect(loop, address);
}

const struct dialer dialer_tcp = {.dial = dial_tcp};

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

/* The name to ask for and to expect where the config gives none: what the endpoint was written as. */
static struct text server_name(const struct endpoint *endpoint)
{
    struct text name = endpoint->name;
    if (address_is_unix(&endpoint->address))
        return TEXT_NONE;
    size_t colon = name.len;
    while (colon > 0 && name.at[colon - 1] != ':')
        colon--;
    name = text_sub(name, 0, colon > 0 ? colon - 1 : name.len);
    bool bracketed = name.len > 2 && name.at[0] == '[';
    return bracketed ? text_sub(name, 1, name.len - 2) : name;
}

/* The link that a session is to have; the raw one is closed when there is no memory. */
static struct link *wrap(struct link *raw, const struct destination *to)
{
    if (to->settings->tls == NULL)
        return raw;
    const struct tls_server server = {server_name(to->endpoint), to->resume};
    struct tls_credentials *credentials = keyring_take(to->settings->tls);
    struct link *link = tls_connect(raw, credentials, &server);
    credentials_unref(credentials);
    if (link == NULL)
        link_close(raw);
    return link;
}

static struct link *dial(const struct connectors *set, const struct destination *to)
{
    struct link *raw = set->dialer->dial(set->dialer, set->loop, &to->endpoint->address);
    return raw == NULL ? NULL : wrap(raw, to);
}

struct connector *connector_new(struct connectors *set, const struct destination *to, uint64_t timeout)
{
    struct link *link = dial(set, to);
    if (link == NULL)
        return NULL;
    struct connector *connector = connector_over(set, link);
    if (connector == NULL) {
        link_close(link);
        return NULL;
    }
    connector->endpoint = to->endpoint;
    connector->tls = to->settings->tls != NULL;
    connector->protocol = to->settings->protocol;
    if ((link->marks & (LINK_OPEN | LINK_BROKEN)) != 0)
        finish(connector);
    else if (timeout != 0)
        wheel_set(&set->loop->wheel, &connector->timer, timeout);
    return connector;
}

/* Without TLS both sides know beforehand; with it they have agreed. */
static bool is_h2(const struct connector *connector)
{
    if (!connector->tls)
        return connector->protocol == PROTOCOL_HTTP2;
    return text_equal(tls_protocol(connector->link), TEXT("h2"));
}

/* Probes have no pool, and tell what they find in their own way. */
static void tell(const struct connector *connector, enum mismatch mismatch)
{
    if (connector->pool != NULL)
        diagnosis_tell(connector->pool->endpoint, mismatch);
}

static struct session *speak(struct connector *connector, const struct http_settings *http)
{
    struct link *link = connector->link;
    struct keeper *keeper = connector->set->keeper;
    bool h2 = is_h2(connector);
    if (!h2 && connector->protocol == PROTOCOL_HTTP2) {
        connector->fault = FAULT(upstream_tls); /* it does not want HTTP/2 */
        tell(connector, MISMATCH_HTTP1);
        return NULL;
    }
    struct session *session =
        h2 ? h2_new(link, SESSION_CLIENT, http, keeper) : h1_new(link, SESSION_CLIENT, http, keeper);
    if (session == NULL) {
        connector->fault = FAULT(out_of_memory);
        return NULL;
    }
    connector->link = NULL;
    link_start(link);
    return session;
}

const char *connector_distrust(const struct connector *connector)
{
    bool untrusted = connector->tls && connector->fault == FAULT(upstream_untrusted);
    return untrusted && connector->link != NULL ? tls_distrust(connector->link) : NULL;
}

/* The client is only told that it can't be trusted; the operator wants to know why. A probe tells it with its verdict. */
static void tell_distrust(const struct connector *connector)
{
    const struct endpoint *endpoint = connector->endpoint;
    const char *why = connector_distrust(connector);
    if (why != NULL && connector->pool != NULL)
        log_write_limited(LOG_WARN, "upstream %.*s: endpoint %.*s: its certificate can't be trusted: %s",
                          TEXT_ARGS(endpoint->cluster), TEXT_ARGS(endpoint->name), why);
}

struct session *connector_session(struct connector *connector, const struct http_settings *http)
{
    if ((connector->link->marks & LINK_BROKEN) != 0 && connector->fault == NULL)
        connector->fault = connector->link->fault;
    tell_distrust(connector);
    if (connector->fault == FAULT(upstream_wants_certificate))
        tell(connector, MISMATCH_CERTIFICATE);
    return connector->fault != NULL ? NULL : speak(connector, http);
}

void connector_free(struct connector *connector)
{
    wheel_cancel(&connector->set->loop->wheel, &connector->timer);
    list_remove(&connector->node);
    if (connector->link != NULL)
        link_close(connector->link);
    loop_retire(connector->set->loop, &connector->retire);
}
