/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mirror sends a copy of a request to another upstream and throws the answer away: to try out a new version with real
 * traffic. It never delays, fails or changes the exchange that it copies. It has an arena of its own, bodies by
 * reference, and is given up when it falls too far behind, takes too long, or when too many are under way on its lane.
 *
 * The copy is what the route's own backend would get, with nothing to mark it: a mark could be forged by clients, and who
 * runs the other upstream knows what it is for. X-Request-Id is the same in both.
 *
 * It belongs to its lane, holds the view that its exchange began with, and dies on the retire list. Each that is given up
 * before it was answered counts in weir_mirrors_dropped_total.
 */
#ifndef EXCHANGE_MIRROR_H
#define EXCHANGE_MIRROR_H

#include "exchange/exchange.h"

enum {
    MIRRORS_MAX = 256,          /* under way on a lane */
    MIRROR_BEHIND = 256 * 1024, /* bytes of body that may wait */
    MIRROR_LIMIT_MS = 30000     /* for everything, where the route has no limit */
};

/* Copies the request of an exchange whose route mirrors, if it falls into the share that does. */
void mirror_begin(struct exchange *exchange);

/* relay() of the request body of an exchange that has a mirror, which gets a copy of it. */
size_t mirror_relay(struct exchange *exchange, struct chain *replay);

/* The exchange ends: a mirror that doesn't have the whole request yet is given up. */
void mirror_leave(struct exchange *exchange);

/* Gives up all of a lane. */
void mirrors_drop(struct lane *lane);

#endif
