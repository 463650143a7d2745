/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upgrade to another protocol (RFC 9110 section 7.8): whether an answer changes to what was asked for, and the two words
 * of the handshake of WebSockets (RFC 6455), which weir speaks itself where one side has HTTP/2 and so no such words.
 * What is said in the other protocol is nothing to it.
 */
#ifndef HTTP_UPGRADE_H
#define HTTP_UPGRADE_H

#include "base/fault.h"
#include "http/head.h"

/* Whether a 101 in HTTP/1.1 changes to what was asked for, and to nothing else. A Sec-WebSocket-Accept is held against the
 * key only where that was ours (asked->connect): other clients check it themselves. NULL, upgrade_failed or out_of_memory. */
const struct fault *upgrade_check(const struct head *asked, const struct head *answer, struct arena *arena);

/* A new Sec-WebSocket-Key (RFC 6455 section 4.1); .at is NULL when there is no memory or no randomness. */
struct text upgrade_websocket_key(struct arena *arena);

/* The Sec-WebSocket-Accept that answers it (RFC 6455 section 4.2.2); .at is NULL when out of memory. */
struct text upgrade_websocket_accept(struct text key, struct arena *arena);

#endif
