/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir knows of gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md): which requests are gRPC, their deadline, and how an
 * error of HTTP is told to a gRPC client. Messages themselves pass as bodies do. Functions without state, for any thread.
 */
#ifndef HTTP_GRPC_H
#define HTTP_GRPC_H

#include "http/head.h"

/* Codes of grpc/doc/statuscodes.md. */
enum grpc_status {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_UNAUTHENTICATED = 16
};

enum { GRPC_PREFIX_SIZE = 5 }; /* bytes before each message: flags, then its length in 32 bits */

/* True when the head, of a request or an answer, has the Content-Type application/grpc or application/grpc+SUBTYPE.
 * gRPC-Web (http/grpc_web.h) is not gRPC. */
bool grpc_is(const struct head *head);

/* True when a Content-Type is base or base+SUBTYPE, whatever its parameters; case is ignored. *suffix is then "+SUBTYPE",
 * a token, or empty; it points into type. */
bool grpc_type_is(struct text type, struct text base, struct text *suffix);

/* The value of a grpc-timeout field in ms, rounded up: at most 8 digits and one of H M S m u n. 0 is a deadline that has
 * passed, not one that is missing. False when malformed. */
bool grpc_timeout_read(struct text value, uint64_t *ms);

/* What a gRPC client is told when all there is is a status of HTTP: grpc/doc/http-grpc-status-mapping.md, and the statuses
 * of weir's own faults (base/fault.h). */
enum grpc_status grpc_status_of_http(unsigned status);

/* A text as the value of a grpc-message field, percent-encoded, in the arena; .at is NULL when out of memory. Spaces at
 * its ends are encoded too, since fields lose them. */
struct text grpc_message_encode(struct text message, struct arena *arena);

#endif
