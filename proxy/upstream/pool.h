/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool is what one loop has of one endpoint: its client sessions, counted, and among them those that can take a
 * stream: idle ones, and busy ones that carry many at once (HTTP/2). It knows of limits and of time, but neither of claims
 * nor of how a connection is made.
 *
 * It borrows sessions: each frees itself, after it was forgotten here (pool_forget, pool_end). A session that can take a
 * stream lies in one of the pool's lists by session.kept, any other in none.
 */
#ifndef UPSTREAM_POOL_H
#define UPSTREAM_POOL_H

#include "http/session.h"
#include "tls/resume.h"
#include "upstream/endpoint.h"

struct pool {
    uint32_t magic;
    struct loop *loop;
    struct endpoint *endpoint;     /* a reference */
    struct pool_settings settings; /* a copy, so that the pool may outlive its snapshot */
    struct list idle;              /* sessions, the one used last in front: the rest may grow old */
    struct list shared;            /* sessions that carry streams and can take more */
    unsigned idle_count;
    unsigned open;             /* sessions, idle ones too */
    unsigned connecting;       /* counted by the upstream, against the limit */
    unsigned epoch;            /* sessions of an earlier one take no more streams */
    struct tls_resume *resume; /* of its TLS sessions; NULL: plain, or out of memory */
    bool multiplexes;          /* the last session carries many streams */
    struct timer expiry;       /* of the oldest idle one */
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

/* The session to use next, in none of the lists any more: one that is busy already before an idle one. NULL when there is
 * none. */
struct session *pool_take(struct pool *pool);

/* Keeps a session that can take a stream; if it is idle, it or an older one is ended when there are too many. Called again
 * for one that has become idle. */
void pool_give(struct pool *pool, struct session *session);

/* It has served as many requests as it may, or was opened for other settings. */
bool pool_is_worn(const struct pool *pool, const struct session *session);

/* It has closed by itself. */
void pool_forget(struct pool *pool, struct session *session);

/* Closes and forgets it. */
void pool_end(struct pool *pool, struct session *session);

/* False when none was idle. */
bool pool_end_oldest(struct pool *pool);

/* What is idle ends now, what is busy ends after its streams. */
void pool_drain(struct pool *pool);

/* It takes no more streams: ends now, or after those that it has. */
void pool_retire(struct pool *pool, struct session *session);

#endif
