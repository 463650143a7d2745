/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of HTTP/2 share. Nothing outside http/h2 includes this. */
#ifndef HTTP_H2_WIRE_H
#define HTTP_H2_WIRE_H

#include <nghttp2/nghttp2.h>

#include "base/outcomes.h"
#include "http/h2/guard.h"
#include "http/h2/h2.h"

/* Bytes in the link beyond which nothing more is framed: what is decided late is scheduled best. */
enum { H2_LINK_ROOM = 128 * 1024, H2_FRAME_HEAD = 9 };

/* A peer may take none of the bytes that are its due for so long. */
enum { H2_STALL_MS = 30000 };

/* A server's stream brings its arena, a client's uses that of the exchange. */
struct h2_stream {
    struct stream stream; /* first: a stream of this kind is a struct h2_stream */
    struct arena arena;
    int32_t id;            /* 0: not yet known to nghttp2 */
    bool has_head;         /* it came in: fields that come now are trailers */
    struct list_node node; /* in h2->streams */
    struct list_node todo; /* in h2->todo: something to frame */
    struct timer timer;
    size_t head_bytes;       /* of the section that is being read */
    uint64_t body_bytes;     /* that came */
    size_t unreturned;       /* bytes that came and are still counted against the stream's window */
    size_t owed;             /* bytes that waited when the timer was set last */
    unsigned interims;       /* 1xx responses that came */
    struct text protocol;    /* :protocol of an extended CONNECT */
    struct text key;         /* client: Sec-WebSocket-Key, to answer it */
    const struct fault *bad; /* why the head that is being read can't be used */
    bool head_framed;
    bool end_framed;
    bool waits;    /* nghttp2 was told that there is nothing to send now */
    bool released; /* the exchange is done with it */
    bool gone;     /* nghttp2 has closed it */
    bool ours;     /* we have reset it, for a reason that isn't the peer's fault */
    bool refused;  /* we have reset it, for the peer broke the rules */
    bool tunnel;   /* out of an extended CONNECT */
    bool window_grown;
};

/* What the session's timer is for. */
enum h2_await {
    H2_AWAIT_NOTHING,
    H2_AWAIT_HEAD,    /* server: the preface, or the rest of a head */
    H2_AWAIT_REQUEST, /* server: the next one */
    H2_AWAIT_LAST,    /* server: what is on its way when it drains */
    H2_AWAIT_PEER,    /* client: any sign of life */
    H2_AWAIT_END      /* the peer's, after ours */
};

struct h2 {
    struct session session; /* first: a session of this kind is a struct h2 */
    nghttp2_session *ng;
    struct list streams;       /* by h2_stream.node */
    struct list todo;          /* by h2_stream.todo */
    struct slice slice;        /* that is being read, for slices of bodies */
    struct h2_stream *reading; /* whose fields are coming; NULL: nobody's */
    struct task frame;         /* in the flush beat */
    struct task retire;
    struct timer timer;
    struct h2_guard guard;
    enum h2_await awaits;
    /* server: half the id of the client's last stream, and a bit for each of its last streams, that one first: 0 where an
     * id was left out */
    int32_t last_opened;
    uint64_t opened;
    uint32_t stop_code; /* of the GOAWAY when stopped */
    size_t owed;        /* bytes that waited for the peer when the timer was set last */
    bool pinged;        /* and not yet answered */
    bool heard;         /* something came since the timer was set */
    bool has_settings;  /* the peer's came: what it can do is known */
    bool has_preface;   /* anything came at all */
    bool in_head;       /* between a head's first frame and its last */
    bool goaway;        /* the last one was sent: no new streams */
    bool finishing;     /* our FIN follows what lies in the link */
    bool stopped;       /* the peer has cost too much, or broke the rules: nothing more is read */
    bool closed;
};

/* stream.c */
struct h2_stream *h2_stream_new(struct h2 *h2, struct arena *arena); /* arena NULL: one of its own */
void h2_stream_free(struct h2_stream *stream);
void h2_stream_gone(struct h2_stream *stream); /* nghttp2 has closed it */
void h2_on_stream_timer(struct timer *timer);
void h2_reset(struct h2_stream *stream, uint32_t code);
void h2_stream_settle(struct h2_stream *stream); /* frees it when nobody has it any more */
void h2_stream_time(struct h2_stream *stream);   /* sets its timer for what it waits for */
void h2_stream_lose(struct h2_stream *stream, const struct fault *fault); /* its connection is over */
void h2_fail_stream(struct h2_stream *stream);                            /* its head can't be sent */

/* life.c */
void h2_cut(struct h2 *h2, const struct fault *fault, bool reset);
void h2_settle(struct h2 *h2); /* a stream is gone: what comes next? */
void h2_tell_closed(struct h2 *h2);
void h2_retire_when_alone(struct h2 *h2);
void h2_set_timer(struct h2 *h2);
void h2_on_timer(struct timer *timer);
void h2_free(struct task *task);
void h2_go_away(struct h2 *h2, bool now);

/* session.c */
bool h2_has_room(const struct h2 *h2); /* client: for another stream */

/* memory.c */
nghttp2_mem h2_memory(struct loop *loop);

/* read.c */
void h2_read(struct h2 *h2, struct slice slice);
void h2_count(const struct h2 *h2, enum http2_error error);
nghttp2_session_callbacks *h2_callbacks(void); /* of both roles and all sessions; NULL when out of memory */

/* fields_in.c: what nghttp2 calls */
int h2_on_begin_head(nghttp2_session *ng, const nghttp2_frame *frame, void *user);
int h2_on_field(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                uint8_t flags, void *user);
int h2_on_bad_field(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                    const uint8_t *value, size_t value_len, uint8_t flags, void *user);

/* head_in.c, head_response.c */
void h2_request_complete(struct h2_stream *stream, bool end);
bool h2_response_complete(struct h2_stream *stream, bool end); /* false: reset it */

/* head_out.c: 0, or nghttp2's error */
int h2_submit_head(struct h2_stream *stream, const nghttp2_data_provider *body);
int h2_submit_interim(struct h2_stream *stream, const struct head *head);
int h2_submit_trailers(struct h2_stream *stream);

/* write.c */
void h2_write(struct task *task);
void h2_note(struct h2_stream *stream); /* it has something to frame */
ssize_t h2_on_body(nghttp2_session *ng, int32_t id, uint8_t *buffer, size_t len, uint32_t *flags,
                   nghttp2_data_source *source, void *user);
int h2_on_send_body(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t len,
                    nghttp2_data_source *source, void *user);
ssize_t h2_on_send(nghttp2_session *ng, const uint8_t *bytes, size_t len, int flags, void *user);

static inline struct h2 *h2_of(struct session *session)
{
    return (struct h2 *)(void *)session;
}

static inline struct h2_stream *h2_stream_of(struct stream *stream)
{
    return (struct h2_stream *)(void *)stream;
}

static inline struct h2 *h2_owner(const struct h2_stream *stream)
{
    return h2_of(stream->stream.session);
}

static inline struct h2_stream *h2_find(nghttp2_session *ng, int32_t id)
{
    return nghttp2_session_get_stream_user_data(ng, id);
}

/* What comes for it is thrown away. */
static inline bool h2_is_dead(const struct h2_stream *stream)
{
    return stream == NULL || stream->released || (stream->stream.marks & (RESET | BAD_IN)) != 0;
}

static inline bool h2_is_server(const struct h2 *h2)
{
    return h2->session.role == SESSION_SERVER;
}

#endif
