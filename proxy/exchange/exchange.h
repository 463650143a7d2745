/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange joins two streams: down, the client's, and up, the origin's, or a local one that weir answers by itself.
 * It walks one table of steps (steps.c); each says next, wait, done, or a fault. It belongs to its lane, lives from the
 * request's head to the answer's end, and dies on the retire list. Its memory is the arena of the down stream.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include <netinet/in.h>

#include "exchange/lane.h"
#include "http/stream.h"
#include "upstream/upstream.h"

enum step {
    STEP_ARRIVED,  /* a head came in: normalise it */
    STEP_ROUTED,   /* find its route */
    STEP_ADMITTED, /* what answers: an upstream, or weir itself */
    STEP_LOOKED,   /* what is stored, or what another request fetches */
    STEP_PICKED,   /* wait for a stream to an endpoint */
    STEP_SENT,     /* wait for the answer's head */
    STEP_ANSWERED, /* pass the head on */
    STEP_RELAYING, /* pass bodies on */
    STEP_DONE,     /* log, count, let go */
    STEP_COUNT
};

struct hop;
struct mirror;
struct caching;
struct peer_identity;

/* What exchanges begin with at a front; a reload changes it. */
struct entry {
    struct lane *lane;
    struct view *view;       /* a reference */
    struct front_plan *plan; /* of the view's snapshot */
};

/* Who asks, and where: one for each connection, lives as long as its session. */
struct caller {
    const struct entry *entry;      /* the front's */
    const struct fault *refused;    /* why it gets nothing here; NULL: it may */
    struct peer_identity *identity; /* peer.h; owned; NULL: it has shown no certificate */
    uint8_t tls_version;            /* 12, 13; 0: none */
    bool has_ip;
    uint8_t ip_len;
    char ip_room[INET6_ADDRSTRLEN];
};

/* The client's address as written, "unix" when it has none. */
static inline struct text caller_ip(const struct caller *caller)
{
    return (struct text){caller->ip_room, caller->ip_len};
}

struct exchange {
    uint32_t magic;
    enum step step;
    struct lane *lane;
    struct view *view;              /* the one it began with: a reference */
    const struct front_plan *front; /* of the same snapshot */
    const struct caller *caller;
    struct stream *down;
    struct stream *up; /* NULL before ADMITTED and between attempts */
    const struct route *route;
    struct caching *caching; /* NULL: no cache here */
    struct mirror *mirror;   /* gets a copy of the request; NULL: none */
    size_t cluster;          /* whose answer is wanted: index into the snapshot's */
    struct claim claim;
    struct text endpoint; /* the name of the one that answered, or was tried last; empty: none */
    uint64_t endpoint_id; /* the same; 0: none */
    struct task task;
    struct task retire;
    struct list_node node;     /* in lane->running */
    struct timer deadline;     /* of the whole request */
    struct timer timer;        /* of the current step: first byte, idle */
    struct timer patience;     /* of the current attempt */
    size_t room_seen;          /* in both streams' out, when the timer was set or fired last */
    uint64_t moved_at;         /* loop->now when bytes had moved, as far as the timer knows */
    const struct fault *fault; /* why weir answered by itself, or gave up */
    const struct fault *late;  /* a timer has fired */
    struct text host;          /* of the request: lower case, without port */
    struct text path;          /* normalised, without query */
    struct text query;
    struct text asked; /* path and query that the client asked for, or that redirects led to (follow.h) */
    const struct hop *visited; /* newest first */
    unsigned hops;             /* redirects that were followed */
    struct text request_id;
    struct chain replay;    /* the request body so far, while it may be sent again */
    bool replay_lost;       /* it can't: too much of it, or not idempotent */
    bool grpc;              /* the request is gRPC, or gRPC-Web */
    bool stale;             /* the attempt met a kept connection that had died */
    bool refreshed;         /* a kept connection had died, and the attempt was repeated on a new one */
    unsigned attempts;      /* begun, for the place that is asked for now */
    unsigned tries;         /* of them, those that had an endpoint, ended */
    bool answered;          /* a byte of the answer may have left */
    uint64_t started_us;    /* loop->now_us */
    uint64_t sent_us;       /* when the request went to the endpoint */
    uint64_t first_byte_us; /* when the answer's head came; 0: not yet */
    uint64_t body_in;       /* bytes of bodies moved */
    uint64_t body_out;
    unsigned status; /* of the answer; 499 when the client left before */
};

#define EXCHANGE_MAGIC 0x65786368u

/* Begins to serve a stream whose head came in (or is BAD_IN). When there is no memory the stream is aborted. */
void exchange_start(const struct caller *caller, struct stream *down);

/* Moves on as far as it can now; for tasks. */
void exchange_run(struct task *task);

/* The current step can't go on because of fault: another attempt, our own answer, or a reset comes next. */
void exchange_fail(struct exchange *exchange, const struct fault *fault);

#endif
