/* SPDX-License-Identifier: Apache-2.0 */
/* A request as routes see it. Made from its head in one place, so that serving and explaining never differ. */
#ifndef EXCHANGE_ROUTE_ASK_H
#define EXCHANGE_ROUTE_ASK_H

#include "base/fault.h"
#include "http/head.h"

struct route_ask {
    struct text host;  /* lower case, without port */
    struct text path;  /* normalised (see http/target.h), without query */
    struct text query; /* as it came, without '?' */
    struct text method;
    const struct fields *fields;
};

/* The texts lie in the arena and in the head. NULL, or why such a request has no route; the ask is then filled as far as
 * it could be. */
const struct fault *route_ask_read(struct route_ask *ask, const struct head *head, struct arena *arena);

#endif
