/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An upstream is what one loop has of a cluster: a pool of connections for each endpoint, the balancer's state, and the
 * queue of claims that wait for a connection. RPC-style: whoever wants to send a request makes a claim and gets a
 * stream, now or later; nothing else is seen of connections.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include "http/session.h"
#include "upstream/cluster.h"

struct connector;
struct dialer;

enum { CLAIM_TRIED = 64 }; /* endpoints beyond this index are not remembered as tried */

/* One request's wish for a stream. Embedded in the exchange; zeroed but for what is asked. After claim_end the same one
 * can be claimed with again: what was answered is overwritten then. */
struct claim {
    /* asked */
    struct arena *arena; /* for the stream */
    struct list *queue;  /* where task is woken when the claim is granted or failed */
    struct task *task;
    uint64_t connect_timeout; /* ms; 0: none */
    uint64_t tried;        /* bit of each endpoint not to be picked again; set to 0 when no other is left */
    struct endpoint *only; /* not NULL: this one, on a new connection (a kept one had died) */
    /* answered */
    struct stream
        *stream; /* granted, task follows it; the exchange ends it with stream_done, then claim_end */
    struct endpoint *endpoint; /* picked last, also when it failed; NULL: none was */
    unsigned index;            /* its index in the cluster */
    bool reused;               /* the stream is on a connection that has served before */
    const struct fault *fault; /* failed */
    /* the upstream's */
    struct upstream *upstream;
    struct connector *connector; /* opens a connection for it */
    struct list_node node;
    struct timer timer;
    unsigned state;
};

/* NULL when out of memory. The cluster must live until it is retired. http: limits for responses. */
struct upstream *upstream_new(struct loop *loop, const struct cluster *cluster,
                              const struct http_settings *http);

/* Closes what is idle, lets run what runs, and frees itself when the last connection and the last claim are gone: claims
 * that were granted are still ended as always. None may wait, and none may be made any more. The cluster isn't used from
 * now on; http is until the last connection is gone. */
void upstream_retire(struct upstream *upstream);

/* For tests: connections are opened by this (upstream/connector.h), which must outlive it. */
void upstream_dial_with(struct upstream *upstream, const struct dialer *dialer);

/* Answers at once (stream or fault set, task not woken: true) or later (false). Picks an endpoint by the cluster's
 * balancing among those not tried; takes an idle connection, or opens one, or waits in the pending queue.
 * Faults: no_endpoint, pending_full, pending_timeout, connect_refused, connect_failed, connect_timeout, out_of_memory. */
bool upstream_claim(struct upstream *upstream, struct claim *claim);

/* Ends a claim that was answered or still waits: counts down what it held. The stream must be done before. */
void claim_end(struct claim *claim);

#endif
