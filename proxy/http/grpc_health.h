/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a health check by grpc.health.v1 (grpc/doc/health-checking.md): the body of a request to Health/Check,
 * and what the body of its answer says. The two protobuf messages have one field each, so no library is asked. Sending
 * and time limits are the prober's. Functions without state, for any thread.
 */
#ifndef HTTP_GRPC_HEALTH_H
#define HTTP_GRPC_HEALTH_H

#include "base/arena.h"

#define GRPC_HEALTH_PATH "/grpc.health.v1.Health/Check"

enum {
    GRPC_HEALTH_SERVICE_MAX = 1024, /* bytes of a service's name */
    GRPC_HEALTH_ANSWER_MAX = 1024   /* bytes of an answer's body: none needs more than 7 */
};

enum grpc_health {
    GRPC_HEALTH_PART,    /* more bytes must come */
    GRPC_HEALTH_SERVING, /* SERVING */
    GRPC_HEALTH_DOWN,    /* any other status */
    GRPC_HEALTH_BROKEN   /* no such answer, or compressed, or too long */
};

/* The body of a request about a service, in the arena; an empty name asks about the whole server. .at is NULL when out of
 * memory or when the name is longer than allowed. */
struct text grpc_health_request(struct text service, struct arena *arena);

/* Reads all that has come of an answer's body. One message and nothing behind it; unknown fields are skipped. */
enum grpc_health grpc_health_read(struct text body);

#endif
