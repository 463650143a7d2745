/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool is what one loop has of one endpoint: its client sessions, counted, and among them the idle ones, which are
 * kept for the next request. It knows of limits and of time, but neither of claims nor of how a connection is made.
 *
 * It borrows sessions: each frees itself, after it was forgotten here (pool_forget, pool_end). An idle session lies in
 * the pool's list by session.kept, any other in none.
 */
#ifndef UPSTREAM_POOL_H
#define UPSTREAM_POOL_H

#include "http/session.h"
#include "upstream/endpoint.h"

struct pool {
    uint32_t magic;
    struct loop *loop;
    struct endpoint *endpoint;     /* a reference */
    struct pool_settings settings; /* a copy, so that the pool may outlive its snapshot */
    struct list idle;              /* sessions, the one used last in front: the rest may grow old */
    unsigned idle_count;
    unsigned open;       /* sessions, idle ones too */
    unsigned connecting; /* counted by the upstream, against the limit */
    struct timer expiry; /* of the oldest idle one */
};

#define POOL_MAGIC 0x706f6f6cu

void pool_init(struct pool *pool, struct loop *loop, struct endpoint *endpoint,
               const struct pool_settings *settings);

/* Other settings; what is idle beyond them ends. */
void pool_settle(struct pool *pool, const struct pool_settings *settings);

/* Every session must have been forgotten. */
void pool_clear(struct pool *pool);

/* Another connection may be opened. */
bool pool_has_room(const struct pool *pool);

/* A new session, which is in use; session->owner is the pool from now on. */
void pool_adopt(struct pool *pool, struct session *session);

/* It can take a stream now. */
static inline bool pool_may_use(const struct session *session)
{
    return (session->marks & (SESSION_IDLE | SESSION_CLOSED | SESSION_DRAIN)) == SESSION_IDLE;
}

/* The idle session to use next, no longer idle; NULL when there is none. */
struct session *pool_take(struct pool *pool);

/* Keeps a session that can take a stream as idle; it or an older one is ended when there are too many. */
void pool_give(struct pool *pool, struct session *session);

/* It has served as many requests as it may. */
bool pool_is_worn(const struct pool *pool, const struct session *session);

/* It has closed by itself. */
void pool_forget(struct pool *pool, struct session *session);

/* Closes and forgets it. */
void pool_end(struct pool *pool, struct session *session);

/* False when none was idle. */
bool pool_end_oldest(struct pool *pool);

#endif
