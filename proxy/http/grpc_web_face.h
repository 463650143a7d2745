/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A face is a stream of gRPC in front of a client's stream of gRPC-Web: whoever has the face instead of the client's
 * stream serves gRPC and need not know. It lives in the arena of the client's stream, ends with stream_done as any stream,
 * and passes that on.
 */
#ifndef HTTP_GRPC_WEB_FACE_H
#define HTTP_GRPC_WEB_FACE_H

#include "http/stream.h"

/* The face for a stream whose head came in and is of gRPC-Web (grpc_web_answer_kind), and which it follows from now on;
 * the caller follows the face. NULL when out of memory: then nothing has changed. */
struct stream *grpc_web_face(struct stream *client, struct list *queue);

#endif
