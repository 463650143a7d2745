/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A face that compresses the answer on its way to the client, where settings, answer and client allow. Bytes go on when
 * the one who answers pauses, so that streamed events aren't held up; the client's room is the room.
 */
#ifndef HTTP_COMPRESS_FACE_H
#define HTTP_COMPRESS_FACE_H

#include "http/compress.h"
#include "http/stream.h"

/* The face for a stream whose head came in, and which it follows from now on; the caller follows the face. settings live
 * as long as it. NULL when out of memory: then nothing has changed. */
struct stream *compress_face(struct stream *client, struct list *queue,
                             const struct compress_settings *settings);

/* Whether a stream is one. */
bool compress_face_is(struct stream *stream);

#endif
