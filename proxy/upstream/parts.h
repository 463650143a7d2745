/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an upstream is made of, shared by upstream.c, outlet.c, claim.c, pick.c and serve.c; nobody else includes this.
 *
 * A claim that waits is in one of two queues: `waiting` of an outlet when a connector was started for it, else `pending`.
 * What becomes free goes to the longest waiting claim that may use it.
 */
#ifndef UPSTREAM_PARTS_H
#define UPSTREAM_PARTS_H

#include "upstream/balance/balancer.h"
#include "upstream/budget.h"
#include "upstream/connector.h"
#include "upstream/pool.h"
#include "upstream/upstream.h"

enum claim_state {
    CLAIM_NEW,        /* also when it has ended or failed: no endpoint has work with it */
    CLAIM_PENDING,    /* in upstream.pending */
    CLAIM_CONNECTING, /* in outlet.waiting, and a connector points to it */
    CLAIM_GRANTED
};

/* A pool and who waits at it. One that left the roster ends when nothing uses it any more. */
struct outlet {
    struct pool pool;
    struct list
        waiting; /* claims, by claim.node, each with a connector of its own, or sharing those of others */
    unsigned sharing;      /* of them */
    unsigned claims;       /* that wait here, are granted, or failed here and have not ended */
    size_t index;          /* of its member in the roster; CHOICE_NONE: it left */
    struct list_node node; /* in upstream.leaving, once it left */
    struct task retire;
};

struct upstream {
    uint32_t magic;
    struct keeper keeper; /* of all its sessions */
    struct loop *loop;
    struct cluster *cluster; /* a reference */
    struct roster *roster;   /* a reference */
    const struct http_settings *http;
    struct choice choice; /* for the balancer; with what pick.c asks for: */
    const struct claim *chooser;
    void *balance; /* the balancer's state */
    struct budget budget;
    struct connectors connectors;
    struct outlet **outlets; /* roster->count of them, in its order */
    struct list leaving;     /* outlets, by outlet.node */
    struct list pending;     /* claims, by claim.node */
    unsigned pending_count;
    size_t claims; /* that have not ended */
    unsigned refs;
    bool retired;
    struct task retire;
};

#define UPSTREAM_MAGIC 0x75707374u

/* pick.c */

/* The endpoint for a claim: its index, or CHOICE_NONE when each that it may have is at its limit of connections.
 * Forgets what was tried when nothing else is left. no_endpoint when there is none at all. */
const struct fault *upstream_pick(struct upstream *upstream, struct claim *claim, size_t *index);

/* May the claim be served by this outlet? */
bool upstream_allows(const struct upstream *upstream, const struct claim *claim, const struct outlet *outlet);

/* claim.c: each leaves the claim's task alone */

/* A stream of the session, or failed without memory; the session may be able to take another one. */
void claim_grant(struct claim *claim, struct outlet *outlet, struct session *session);
void claim_fail(struct claim *claim, const struct fault *fault);

/* Starts a connection for it: false when it failed instead. */
bool claim_connect(struct claim *claim, struct outlet *outlet);

/* Those that share connections being opened, but would not fit: opens more. */
void claims_share(struct outlet *outlet);

/* serve.c */

/* The session can take a stream: gives it to those who wait, or keeps it idle, or ends it. */
void upstream_offer(struct upstream *upstream, struct session *session);

/* The same, but for those who wait. */
void upstream_keep(struct upstream *upstream, struct session *session);

/* The pool may have room for another connection: opens what pending claims need. */
void upstream_fill(struct upstream *upstream, struct outlet *outlet);

/* The claim has its answer. */
void claim_wake(struct claim *claim);

/* upstream.c: frees it if it is retired and nothing uses it any more. */
void upstream_settle(struct upstream *upstream);

/* outlet.c */

/* NULL when out of memory. */
struct outlet *outlet_new(struct upstream *upstream, struct endpoint *endpoint);

/* It is in no roster any more: idle connections end, what runs goes on. */
void outlet_leave(struct upstream *upstream, struct outlet *outlet);

/* Frees it if it left and nothing uses it any more. */
void outlet_settle(struct outlet *outlet);

/* No session of its pool is left and no claim. */
void outlet_free(struct outlet *outlet);

static inline struct outlet *outlet_of(struct pool *pool)
{
    return CONTAINER(pool, struct outlet, pool);
}

#endif
