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

struct budget;
struct connector;
struct dialer;
struct outlet;

enum { CLAIM_TRIED = 12 }; /* more endpoints than this are not remembered as tried */

/* One request's wish for a stream. Embedded in the exchange; zeroed but for what is asked. After claim_end the same one
 * can be claimed with again: what was answered, but for endpoint, stays until then. */
struct claim {
    /* asked */
    struct arena *arena; /* for the stream */
    struct list *queue;  /* where task is woken when the claim is granted or failed */
    struct task *task;
    uint64_t connect_timeout; /* ms; 0: none */
    uint64_t hash;            /* what balancers that hash pin it by */
    uint64_t pinned;          /* the id of an endpoint to prefer (sticky); 0: none */
    uint64_t only;            /* not 0: the endpoint of this id, on a new connection (a kept one had died) */
    uint64_t tried[CLAIM_TRIED]; /* ids of endpoints not to be picked again ... */
    unsigned tried_count;        /* ... until no other is left: 0 then */
    /* answered */
    struct stream
        *stream; /* granted, task follows it; the exchange ends it with stream_done, then claim_end */
    struct endpoint *endpoint; /* picked last, also when it failed; NULL: none was. Good until claim_end */
    bool reused;               /* the stream is on a connection that has served before */
    const struct fault *fault; /* failed */
    /* the upstream's */
    struct upstream *upstream;
    struct outlet *outlet;       /* while it has an endpoint */
    struct connector *connector; /* opens a connection for it */
    struct list_node node;
    struct timer timer;
    unsigned state;
    bool backup;  /* it is for backup endpoints: no other was fit */
    bool counted; /* in cluster->active */
    bool shares;  /* waits for connections that are opened for others */
};

/* One reference, the caller's; holds one to the cluster. NULL when out of memory. http: limits for responses; they must
 * outlive it. */
struct upstream *upstream_new(struct loop *loop, struct cluster *cluster, const struct http_settings *http);

/* Takes over the roster in force. Connections to endpoints that stay are kept; those to endpoints that left end when
 * they are idle. False when out of memory: it goes on with the old one. */
bool upstream_refresh(struct upstream *upstream);

struct cluster *upstream_cluster(const struct upstream *upstream);

/* The settings in force on this loop; good for this turn. */
const struct cluster_settings *upstream_settings(const struct upstream *upstream);

struct upstream *upstream_ref(struct upstream *upstream);

/* At the last one it closes what is idle, lets run what runs, and frees itself when the last connection and the last claim
 * are gone: claims that were granted are still ended as always. None may wait then, and none may be made any more. */
void upstream_unref(struct upstream *upstream);

/* For tests: connections are opened by this (upstream/connector.h), which must outlive it. */
void upstream_dial_with(struct upstream *upstream, const struct dialer *dialer);

/* Answers at once (stream or fault set, task not woken: true) or later (false). Picks an endpoint by the cluster's
 * balancing among those not tried; takes an idle connection, or opens one, or waits in the pending queue. Faults:
 * no_endpoint, circuit_open, pending_full, pending_timeout, connect_refused, connect_failed, connect_timeout,
 * out_of_memory. */
bool upstream_claim(struct upstream *upstream, struct claim *claim);

/* What retries to it are allowed; the caller's to pay and take. */
struct budget *upstream_budget(struct upstream *upstream);

/* Ends a claim, answered or not: each that was made must be ended. The stream must be done before. */
void claim_end(struct claim *claim);

#endif
