/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link carries bytes to and from one peer: a TCP or Unix socket (net/tcp.h), a pair in memory (net/pair.h), TLS over one
 * of them (tls/tls.h). It parses nothing. It is opened by a listener or a connector, given to one user (a session), and
 * dies on the retire list after link_close.
 *
 * Upward it only tells state: bytes that came, and marks that changed. Marks are set once and never cleared.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "base/chain.h"
#include "base/fault.h"
#include "net/address.h"
#include "net/loop.h"

enum link_mark {
    LINK_OPEN = 1 << 0,    /* connected */
    LINK_EOF = 1 << 1,     /* the peer has sent everything */
    LINK_BROKEN = 1 << 2,  /* link->fault says why; nothing can be read or written any more */
    LINK_FINISH = 1 << 3,  /* our side: FIN follows what is in out */
    LINK_FINISHED = 1 << 4 /* that FIN was sent */
};

struct link;

/* What its user hears, within the read or the flush beat; it only notes and wakes. */
struct link_user {
    void (*input)(void *user, struct slice slice); /* borrowed until it returns */
    void (*marked)(void *user);                    /* a mark was set */
    void (*drained)(void *user);                   /* everything in out was written */
};

struct link_ops {
    void (*flush)(struct link *link);             /* writes what it can of out */
    void (*start)(struct link *link);             /* begin to read; once, when it is open */
    void (*pause)(struct link *link, bool pause); /* stop or go on reading */
    void (*close)(struct link *link, bool reset); /* at once; what is in out is lost. reset: with a RST */
    size_t (*waiting)(const struct link *link);   /* bytes that the layer below holds, not yet written */
};

struct link {
    uint32_t magic;
    unsigned marks;
    const struct link_ops *ops;
    const struct link_user *user;
    void *owner; /* passed to user */
    struct loop *loop;
    struct chain out; /* framed, to be written */
    const struct fault *fault;
    struct task flush;
    struct task retire;
    struct list_node node; /* in the fresh list of its listener */
    bool early;            /* what comes in now could be a replay (RFC 8446 section 8) */
    bool paused;
    bool closed;
};

#define LINK_MAGIC 0x6c696e6bu

/* For the kinds of link. */
void link_init(struct link *link, const struct link_ops *ops, struct loop *loop);
void link_mark(struct link *link, unsigned mark);
void link_break(struct link *link, const struct fault *fault);

/* From now on this user hears what happens. */
void link_use(struct link *link, const struct link_user *user, void *owner);

/* out has grown: write it in the flush beat of this turn. */
static inline void link_dirty(struct link *link)
{
    task_wake(&link->loop->sends, &link->flush);
}

/* Bytes that are still to be written. */
static inline size_t link_backlog(const struct link *link)
{
    return link->out.len + link->ops->waiting(link);
}

static inline void link_start(struct link *link)
{
    link->ops->start(link);
}

void link_pause(struct link *link, bool pause);

/* Half-close: a FIN after what is in out. */
void link_finish(struct link *link);

/* The user is done with it and hears nothing more. */
void link_close(struct link *link);
void link_reset(struct link *link);

#endif
