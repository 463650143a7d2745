/* SPDX-License-Identifier: Apache-2.0 */
/* The fronts of a lane as its snapshot wants them: those whose address stays go on with their connections, new addresses
 * are listened on, the others drain. */
#ifndef EXCHANGE_FRONTS_H
#define EXCHANGE_FRONTS_H

#include "exchange/front.h"

/* Where listening sockets come from: whoever has them embeds it. */
struct socket_source {
    /* A bound, listening, non-blocking descriptor for the address, the caller's; -1: there is none (any more). */
    int (*take)(struct socket_source *source, const struct address *address);
};

/* 0, or libuv's error of the last one that could not listen; the others do. */
int fronts_renew(struct lane *lane, struct socket_source *source);

#endif
