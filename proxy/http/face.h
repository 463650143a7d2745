/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A face is a stream in front of a client's stream: whoever has the face instead of the client's stream need not know what
 * the client gets in the end. What all faces do is here: bytes, marks, interim answers and aborts pass, room and
 * back-pressure are the client's; what one kind of face does to heads and bodies is its face_ops. It lives in the arena of
 * the client's stream, ends with stream_done as any stream, and passes that on.
 */
#ifndef HTTP_FACE_H
#define HTTP_FACE_H

#include "http/session.h"

struct face;

struct face_ops {
    /* Moves of the request's body what has come, at most room bytes, from client->in to stream.in. NULL: as it is. */
    const struct fault *(*read)(struct face *face, size_t room);
    /* All of it was read and nothing more comes. NULL: fine. */
    const struct fault *(*read_end)(struct face *face);
    /* Makes client->head_out of stream.head_out, which it is a copy of; false when out of memory. */
    bool (*translate)(struct face *face);
    /* Moves all of the answer's body so far from stream.out to client->out, with its end if ended. */
    const struct fault *(*write)(struct face *face, bool ended);
    /* Bytes that stream.out may take when the client may take so many. NULL: the same. */
    size_t (*room)(size_t room);
    /* Later in a turn in which the client's stream changed, or task was woken. NULL: nothing to do. */
    void (*ran)(struct face *face);
    /* Frees what isn't the arena's. NULL: nothing. */
    void (*done)(struct face *face);
};

struct face {
    struct session session; /* of the face's stream; it has no link of its own */
    struct stream stream;
    struct stream *client;
    struct task task; /* the client's stream has changed */
    const struct face_ops *ops;
    bool head_sent;
};

/* For a zeroed face in client's arena whose stream.head_in is set: follows the client's stream from now on. */
void face_begin(struct face *face, const struct face_ops *ops, struct stream *client, struct list *queue);

/* Ends both sides. */
void face_fail(struct face *face, const struct fault *fault);

/* The face of that kind which a stream is; NULL when it is another one. */
struct face *face_of_kind(struct stream *stream, const struct face_ops *ops);

#endif
