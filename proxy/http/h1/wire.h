/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of HTTP/1 share: the session's state. Nothing outside http/h1 includes this. */
#ifndef HTTP_H1_WIRE_H
#define HTTP_H1_WIRE_H

#include <llhttp.h>

#include "http/h1/h1.h"

/* How long we wait, after our FIN, for the peer's: closing earlier could take the answer from it by a RST. */
enum { H1_LINGER_MS = 2000 };

/* What comes in next. */
enum h1_reading {
    H1_IDLE,   /* the first byte of a message */
    H1_HEAD,   /* the rest of a head */
    H1_BODY,   /* a body or its trailers */
    H1_WAITS,  /* a whole message is in; further bytes are backlog */
    H1_TUNNEL, /* another protocol's bytes */
    H1_LINGER  /* nothing that matters: we only wait for the peer's end */
};

/* What reading a message takes; lives with its stream, so an idle connection has none. */
struct h1_reader {
    llhttp_t parser;
    struct chunk *chunk; /* that is being parsed, for slices of the body */
    const char *slice;   /* its beginning */
    struct text name;    /* of the field that is being read, in the stream's arena */
    struct text value;
    size_t head_bytes; /* of the section that is being read */
    uint64_t body_bytes;
    size_t fed;              /* bytes since the head was whole, or since the last of the body */
    const char *progress;    /* behind the last byte of the body in this slice; NULL: none */
    const struct fault *why; /* a callback stopped the parser for this */
    unsigned interims;       /* 1xx responses to the current request */
    char before[5];          /* the last bytes of the slice before */
    bool has_version;
};

struct h1 {
    struct session session; /* first: a session of this kind is a struct h1 */
    enum h1_reading reading;
    bool keep;        /* the connection may serve another message */
    bool head_framed; /* of the current stream's out */
    bool end_framed;
    bool chunked;  /* out is framed so */
    bool released; /* the exchange is done with the stream */
    bool closed;
    struct stream *stream;    /* the current one; NULL: none */
    struct h1_reader *reader; /* of the current stream */
    size_t owed;              /* bytes that waited for the peer when the timer was set last */
    struct chain backlog;
    struct task parse; /* the backlog, in the read beat */
    struct task frame; /* in the flush beat */
    struct task retire;
    struct timer timer;
};

/* life.c */
struct stream *h1_stream_new(struct h1 *h1,
                             struct arena *arena); /* also h1->stream; arena NULL: one of its own */
void h1_stream_free(struct h1 *h1);
void h1_fail(struct h1 *h1, const struct fault *fault); /* what comes in is wrong or late */
void h1_cut(struct h1 *h1, bool reset);                 /* ends the link at once; reset: with a RST */
void h1_close(struct h1 *h1);
void h1_settle(struct h1 *h1); /* a message has ended in one direction: what comes next? */
void h1_linger(struct h1 *h1); /* what is owed, then our FIN, then the peer's end */
void h1_tell_closed(struct h1 *h1);
void h1_retire_when_alone(struct h1 *h1);
void h1_on_timer(struct timer *timer);
void h1_free(struct task *task);

/* parse.c */
void h1_reader_init(struct h1 *h1);
size_t h1_parse(struct h1 *h1, struct slice slice); /* bytes taken: up to the end of a message at most */

/* read.c */
void h1_read(struct h1 *h1, struct slice slice);
void h1_read_end(struct h1 *h1);
void h1_parse_backlog(struct task *task);
void h1_enter_tunnel(struct h1 *h1);

/* write.c */
void h1_write(struct task *task);

static inline struct h1 *h1_of(struct session *session)
{
    return (struct h1 *)(void *)session;
}

static inline bool h1_is_server(const struct h1 *h1)
{
    return h1->session.role == SESSION_SERVER;
}

static inline bool h1_needs_pause(const struct h1 *h1)
{
    size_t held = h1->backlog.len + (h1->stream != NULL ? h1->stream->in.len : 0);
    return held >= STREAM_ROOM && h1->reading != H1_LINGER;
}

#endif
