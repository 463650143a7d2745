/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session speaks one protocol on one connection: bytes into streams, streams into bytes. The same code serves both
 * roles. It owns its link and its streams, and frees itself on the retire list when both are gone and its
 * keeper has forgotten it.
 *
 * Its keeper (a listener's front, an upstream's pool) learns of new streams and changed marks by the session lying on
 * keeper->news. Marks other than IDLE are set once.
 */
#ifndef HTTP_SESSION_H
#define HTTP_SESSION_H

#include "http/mismatch.h"
#include "http/settings.h"
#include "http/stream.h"
#include "net/link.h"

enum session_role { SESSION_SERVER, SESSION_CLIENT };

enum session_mark {
    SESSION_IDLE = 1 << 0,   /* client: can take a stream now. Comes and goes */
    SESSION_CLOSED = 1 << 1, /* takes no more streams; a server's are all done. Lives until session_forget */
    SESSION_DRAIN = 1 << 2   /* ends after what runs */
};

struct keeper {
    struct task task;
    struct list news;   /* sessions, by session.news */
    struct list *queue; /* where task is woken */
};

struct session_ops {
    const char *protocol;                                                 /* "HTTP/1.1" */
    bool multiplexes;                                                     /* many streams at once */
    struct stream *(*open)(struct session *session, struct arena *arena); /* client: a new stream, or NULL */
    void (*output)(struct stream *stream);                                /* something to frame */
    size_t (*room)(const struct stream *stream);                          /* bytes its out may take */
    void (*consumed)(struct stream *stream);
    void (*abort)(struct stream *stream);
    void (*done)(struct stream *stream);
    void (*drain)(struct session *session);
    void (*close)(struct session *session);     /* at once */
    void (*forgotten)(struct session *session); /* the keeper is gone: it may free itself */
};

struct session {
    uint32_t magic;
    enum session_role role;
    const struct session_ops *ops;
    struct loop *loop;
    struct link *link;
    struct keeper *keeper; /* NULL: nobody listens any more */
    void *owner;           /* the keeper's */
    struct list_node news;
    struct list_node kept; /* in a list of the keeper's */
    struct list fresh;     /* server: streams whose head came in, by stream.fresh */
    unsigned marks;
    unsigned streams; /* opened so far */
    unsigned active;  /* of them: not yet over */
    const struct http_settings *settings;
    const struct fault *fault; /* why it closed, NULL: in good order */
    enum mismatch mismatch;    /* client: with its peer; told once it is closed */
    uint64_t idle_since;       /* ms; by the keeper, as is: */
    unsigned epoch;
};

#define SESSION_MAGIC 0x73657373u

/* For sessions: tells the keeper. */
void session_tell(struct session *session);
void session_mark(struct session *session, unsigned mark);

/* A client's peer begins so: notes what it looks like when that isn't the session's own protocol. */
void session_suspect(struct session *session, struct slice first);

/* What streams end with when the connection is lost. */
const struct fault *session_lost(struct session *session);

/* For the keeper, once SESSION_CLOSED is set and it has taken the fresh streams: it never touches the session again. */
void session_forget(struct session *session);

static inline void session_drain(struct session *session)
{
    session->ops->drain(session);
}

static inline void session_close(struct session *session)
{
    session->ops->close(session);
}

#endif
