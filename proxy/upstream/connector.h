/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connector opens one connection to an endpoint, with TLS where that is wanted, within a time limit, and makes a client
 * session of it. It is the one place where the protocol for a backend is chosen. Connectors belong to a set, which an
 * upstream has: when one has an outcome it lies on the set's list of finished ones and the keeper's task is woken.
 */
#ifndef UPSTREAM_CONNECTOR_H
#define UPSTREAM_CONNECTOR_H

#include "http/session.h"
#include "upstream/endpoint.h"

/* How links are opened: over the network, but in memory where tests say so. */
struct dialer {
    /* As tcp_connect; the link may be open already. */
    struct link *(*dial)(const struct dialer *dialer, struct loop *loop, const struct address *address);
};

extern const struct dialer dialer_tcp;

struct connectors {
    struct loop *loop;
    const struct dialer *dialer;
    struct keeper *keeper; /* of the sessions to be */
    struct list under_way; /* by connector.node */
    struct list finished;
};

struct claim;
struct pool;

struct connector {
    struct connectors *set;
    struct loop *loop;
    struct link *link;               /* NULL once a session has it */
    const struct endpoint *endpoint; /* its owner's */
    bool tls;
    enum upstream_protocol protocol;
    struct timer timer;
    const struct fault *fault; /* why there is no session */
    struct list_node node;
    struct task retire;
    /* its owner's */
    struct pool *pool;
    struct claim *claim; /* that it was started for; NULL when that needs it no more */
};

void connectors_init(struct connectors *set, struct loop *loop, struct keeper *keeper);

/* What to connect to, and how. */
struct destination {
    const struct endpoint *endpoint; /* outlives the connector */
    const struct cluster_settings *settings;
    struct tls_resume *resume; /* of earlier connections; NULL: none */
};

/* Begins; NULL when it failed at once. timeout in ms for all of it, 0: none. */
struct connector *connector_new(struct connectors *set, const struct destination *to, uint64_t timeout);

/* Once it is finished: the session, or NULL and connect_refused, connect_failed, connect_timeout, upstream_tls,
 * upstream_untrusted, upstream_wants_certificate, overloaded or out_of_memory in fault. */
struct session *connector_session(struct connector *connector, const struct http_settings *http);

/* After that: why the endpoint's certificate was refused, in OpenSSL's words, a literal; NULL: it was not. */
const char *connector_distrust(const struct connector *connector);

/* Any time. Closes the link when no session has it. */
void connector_free(struct connector *connector);

#endif
