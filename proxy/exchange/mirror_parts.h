/* SPDX-License-Identifier: Apache-2.0 */
/* What mirror*.c share; nobody else includes it. */
#ifndef EXCHANGE_MIRROR_PARTS_H
#define EXCHANGE_MIRROR_PARTS_H

#include "exchange/mirror.h"

struct mirror {
    uint32_t magic;
    struct lane *lane;
    struct view *view; /* a reference: route and upstream are of it */
    const struct route *route;
    struct exchange *exchange; /* whose request it copies; NULL: it has all of it */
    struct arena arena;
    struct text asked;  /* the client's Host */
    struct head head;   /* until it is sent; the texts are the arena's */
    struct chain body;  /* what the stream has no room for yet */
    struct claim claim; /* for a stream to the other upstream */
    struct stream *up;  /* once the head is sent */
    struct task task;
    struct task retire;
    struct timer limit;
    struct list_node node; /* in lane->mirrors */
    uint64_t sent_us;
    bool ended;
    bool late;
};

#define MIRROR_MAGIC 0x6d697272u

static inline const struct route_settings *mirror_settings(const struct mirror *mirror)
{
    return mirror->route->settings;
}

/* Its task, its timer, and its end. */
void mirror_run(struct task *task);
void mirror_late(struct timer *timer);
void mirror_free(struct task *task);

void mirror_wake(struct mirror *mirror);

/* If the exchange has all of the request, nothing more comes from it. */
void mirror_notice_end(struct mirror *mirror);

void mirror_count_drop(struct lane *lane, const struct route *route);

#endif
