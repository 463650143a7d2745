/* SPDX-License-Identifier: Apache-2.0 */
/* What front.c and welcome.c share; nobody else includes it. */
#ifndef EXCHANGE_FRONT_PARTS_H
#define EXCHANGE_FRONT_PARTS_H

#include "exchange/front.h"
#include "net/listener.h"

struct front {
    uint32_t magic;
    struct entry entry;
    struct http_settings http; /* of the plan; sessions look here, so that a reload reaches them */
    struct address address;    /* len 0: it has no listener */
    struct listener listener;
    struct keeper keeper;
    struct task accept;
    struct task retire;
    struct list welcomes; /* connections that speak no HTTP yet, by welcome.node */
    struct list sessions; /* by session.kept */
    unsigned connections; /* of both */
    bool listening;       /* the listener is not yet gone */
    bool draining;
    struct list_node node; /* in lane.fronts */
};

#define FRONT_MAGIC 0x66726f6eu

/* A session that a welcome has led to; it has the caller from now on. */
void front_adopt(struct front *front, struct session *session, struct caller *caller);

/* A connection has ended: its caller is freed, and it is counted no more. */
void front_part(struct front *front, struct caller *caller);

/* Finds out what an open link speaks. False when out of memory: link and caller are the front's still. */
bool welcome_begin(struct front *front, struct link *link, struct caller *caller);

/* Those that wait get a moment; or end at once. */
void welcomes_drain(struct front *front);
void welcomes_close(struct front *front);

#endif
