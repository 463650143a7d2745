/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC-Web (grpc/doc/PROTOCOL-WEB.md), which browsers speak, made into gRPC and back: bodies, and the names of both in
 * Content-Type. Trailers, which a browser can't see, become the last frame of the body; -text is the same in base64.
 * A reader or writer is a small struct that the caller embeds and begins as {.kind = kind}. It owns nothing; bytes go
 * from chain to chain, both of one pool, binary ones by reference. After a fault it is of no use.
 */
#ifndef HTTP_GRPC_WEB_H
#define HTTP_GRPC_WEB_H

#include "base/base64.h"
#include "base/chain.h"
#include "base/fault.h"
#include "http/head.h"

enum grpc_web_kind { GRPC_WEB_NONE, GRPC_WEB_BINARY, GRPC_WEB_TEXT };

/* Of a request's body. */
struct grpc_web_reader {
    enum grpc_web_kind kind;
    struct base64_decoder base64;
};

/* Of an answer's body. */
struct grpc_web_writer {
    enum grpc_web_kind kind;
    struct base64_encoder base64;
    uint8_t prefix; /* bytes of a message's prefix that came, 0 between messages */
    uint32_t left;  /* bytes of the message yet to come, once its prefix is whole */
};

enum { GRPC_WEB_ROOM_MIN = 4 }; /* with less room, a text isn't written */

/* Of a Content-Type, whatever its +SUBTYPE and parameters. */
enum grpc_web_kind grpc_web_kind_of(struct text type);

/* Of the answer that a request wants: the first of gRPC-Web in Accept, else as its Content-Type; GRPC_WEB_NONE when the
 * request is no gRPC-Web. */
enum grpc_web_kind grpc_web_answer_kind(const struct head *request);

/* The Content-Type for the other side, in the arena, +SUBTYPE kept and parameters dropped; .at is NULL when out of memory.
 * To gRPC: type is of gRPC-Web. To gRPC-Web: type is of gRPC, kind isn't GRPC_WEB_NONE. Any other type has no +SUBTYPE. */
struct text grpc_web_type_to_grpc(struct text type, struct arena *arena);
struct text grpc_web_type_of_grpc(struct text type, enum grpc_web_kind kind, struct arena *arena);

/* Moves what has come of a request's body, at most room bytes, as gRPC. In a text, padding may come anywhere (clients
 * encode each message by itself), CR and LF are passed over; anything else that isn't base64 is FAULT(bad_request). */
const struct fault *grpc_web_read(struct grpc_web_reader *reader, struct chain *from, struct chain *to,
                                  size_t room);

/* At the end of a request's body, once all of it was read: FAULT(bad_request) when a text was cut. */
const struct fault *grpc_web_read_end(const struct grpc_web_reader *reader);

/* Moves what has come of an answer's body as gRPC-Web: at most room bytes are added to the other chain. In a text, each
 * message is padded, so that a client can read it when its last byte is there. */
const struct fault *grpc_web_write(struct grpc_web_writer *writer, struct chain *from, struct chain *to,
                                   size_t room);

/* Ends the answer's body, once all of it was written, with a frame of its trailers, whatever room there is. A field that
 * can't be a line of its own is left out. FAULT(upstream_garbage) within a message: its rest is what that would be read
 * as. */
const struct fault *grpc_web_write_end(struct grpc_web_writer *writer, const struct fields *trailers,
                                       struct chain *to);

#endif
