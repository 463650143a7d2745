/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A face that compresses the answer on its way to the client, where settings, answer and client allow. Bytes go on when
 * the one who answers pauses, so that streamed events aren't held up; the client's room is the room.
 */
#ifndef HTTP_COMPRESS_FACE_H
#define HTTP_COMPRESS_FACE_H

#include "http/compress.h"
#include "http/stream.h"

/* Whoever wants to keep what the encoder makes. */
struct compress_tap {
    void (*took)(struct compress_tap *tap, const struct chain *bytes);
    void (*ended)(struct compress_tap *tap, bool whole); /* once, the last call */
};

/* The face for a stream whose head came in, and which it follows from now on; the caller follows the face. settings live
 * as long as it. NULL when out of memory: then nothing has changed. */
struct stream *compress_face(struct stream *client, struct list *queue,
                             const struct compress_settings *settings);

/* Whether a stream is one. */
bool compress_face_is(struct stream *stream);

/* What the client will get of an answer with this head. CODING_IDENTITY also when the stream is no such face. */
enum coding compress_face_coding(struct stream *stream, const struct head *answer);

/* Whether it won't, but the client doesn't take the coding that the answer comes in. */
bool compress_face_undoes(struct stream *stream, const struct head *answer, enum coding *coding);

/* Of a face whose head isn't sent: from now on the tap, which lives as long as the stream, gets the encoded body. */
void compress_face_tap(struct stream *stream, struct compress_tap *tap);

#endif
