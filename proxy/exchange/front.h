/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A front is one listening address on one lane: it takes accepted links, makes sessions of them within the limits, and an
 * exchange of each of their streams. It owns its listener and its sessions, and belongs to its lane. A reload gives it
 * another plan; one that is in no plan any more drains, and frees itself when its last connection is gone.
 */
#ifndef EXCHANGE_FRONT_H
#define EXCHANGE_FRONT_H

#include "exchange/exchange.h"
#include "http/session.h"
#include "net/address.h"

struct front;

/* Listens on fd, which it owns from now on, also when it fails: NULL with *error set to libuv's error. The plan is of the
 * lane's current view. */
struct front *front_start(struct lane *lane, struct front_plan *plan, const struct address *address, int fd,
                          int *error);

/* A front without a listener, for tests: sessions come by front_take. NULL when out of memory. */
struct front *front_new(struct lane *lane, struct front_plan *plan);

/* Serves an open link; closes it when a limit is reached. */
void front_take(struct front *front, struct link *link);

/* Goes on with another plan, of the lane's current view: what is open stays open. */
void front_renew(struct front *front, struct front_plan *plan);

/* Accepts nothing more; idle connections close, the others after their current answer. */
void front_drain(struct front *front);

/* Closes what is left at once. */
void front_close(struct front *front);

/* The lane's front at that address, also one that drains. stale: one that does not, and that the lane's view has not
 * renewed yet. NULL when there is none. */
struct front *front_find(const struct lane *lane, const struct address *address, bool stale);

/* Those of the lane: all of them, or those that its view has not renewed. */
void fronts_drain_stale(struct lane *lane);
void fronts_drain(struct lane *lane);
void fronts_close(struct lane *lane);

#endif
