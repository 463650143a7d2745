/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream is one request and one response on one connection: a chain in, a chain out, and marks that are set once and
 * never cleared. A session makes and frees it; an exchange borrows it in between and says when it is done with it. A
 * local stream has no session: an error page, a redirect, an admin answer, a stored answer.
 *
 * In is what the peer sends (a request on a server's stream, a response on a client's), out is what we send.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "base/chain.h"
#include "base/fault.h"
#include "base/task.h"
#include "http/head.h"

enum stream_mark {
    HEAD_IN = 1 << 0,  /* head_in is complete */
    END_IN = 1 << 1,   /* nothing more will be added to in; trailers_in is complete */
    HEAD_OUT = 1 << 2, /* head_out is set, by the exchange */
    END_OUT = 1 << 3,  /* nothing more will be added to out, trailers_out is set, by the exchange */
    BAD_IN =
        1 << 4, /* what comes in can't be trusted or is late; fault says why. An answer can still be sent */
    RESET = 1 << 5 /* both directions are dead; fault says why */
};

enum {
    STREAM_ROOM = 256 * 1024, /* bytes that may wait in one direction */
    ARENA_SLACK = 96 * 1024,  /* bytes of an exchange's arena beyond header_size */
    STREAM_INTERIM_MAX = 16   /* 1xx responses on one stream */
};

struct session;

struct stream;

/* A 1xx response on its way through. */
struct interim {
    struct interim *next;
    struct head head;
};

/* Of a local stream that is more than a complete answer; consumed and output may be NULL. */
struct local_ops {
    void (*consumed)(struct stream *stream); /* in was taken from: there may be more */
    void (*output)(struct stream *stream);   /* something is in out */
    void (*done)(struct stream *stream);
};

struct stream {
    uint32_t magic;
    unsigned marks;
    struct session *session;       /* NULL: local */
    const struct local_ops *local; /* NULL: it is complete */
    struct arena *arena;           /* heads and trailers live there */
    struct head head_in;
    struct head head_out;
    struct fields trailers_in;
    struct fields trailers_out;
    struct interim *interim_in;  /* oldest first; the exchange takes them */
    struct interim *interim_out; /* oldest first; the session takes them */
    struct chain in;
    struct chain out;
    const struct fault *fault;
    struct list *queue;     /* where task is woken */
    struct task *task;      /* the exchange's; woken when anything of the stream changed. NULL: nobody yet */
    struct list_node fresh; /* in its session's fresh list */
    bool starved;           /* its exchange waits for room in out */
    bool continued;         /* a 100 (Continue) was sent, or need not be */
};

#define STREAM_MAGIC 0x7374726du

void stream_init(struct stream *stream, struct session *session, struct chunk_pool *chunks);

/* Drops the chains; for whoever frees it. */
void stream_clear(struct stream *stream);

/* For sessions: something of the stream changed. */
static inline void stream_wake(struct stream *stream)
{
    if (stream->task != NULL)
        task_wake(stream->queue, stream->task);
}

static inline void stream_mark(struct stream *stream, unsigned mark)
{
    stream->marks |= mark;
    stream_wake(stream);
}

/* BAD_IN or RESET, with the first reason kept. */
void stream_fail(struct stream *stream, unsigned mark, const struct fault *fault);

/* For the exchange. */

/* From now on this task runs when the stream changes. */
void stream_follow(struct stream *stream, struct list *queue, struct task *task);

/* head_out is filled: send it. */
void stream_send_head(struct stream *stream);

/* Passes a 1xx on. */
void stream_send_interim(struct stream *stream, struct interim *interim);

/* Bytes that may be added to out now; sets starved when fewer than wanted, and then the task is woken for more. */
size_t stream_room(struct stream *stream, size_t wanted);

/* The same, only to look. */
size_t stream_free_room(const struct stream *stream);

/* out has grown. */
void stream_sent(struct stream *stream);

/* Everything is in out (and trailers_out). */
void stream_finish(struct stream *stream);

/* in was taken from: the session may read on. */
void stream_consumed(struct stream *stream);

/* Gives up both directions at once. */
void stream_abort(struct stream *stream);

/* The exchange never touches the stream again; what is in out is still sent by a server's session, a client's stream
 * must have ended or is aborted. */
void stream_done(struct stream *stream);

#endif
