/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A front is a listener on one lane: it takes accepted links, makes sessions of them within the limits, and an exchange
 * of each of their streams. It owns its listeners and its sessions.
 */
#ifndef EXCHANGE_FRONT_H
#define EXCHANGE_FRONT_H

#include "exchange/lane.h"
#include "http/session.h"
#include "net/listener.h"

struct front;

/* Listens on fds, one for each address of the plan, and owns them. NULL with *error set to libuv's error. */
struct front *front_start(struct lane *lane, struct front_plan *plan, const int *fds, int *error);

/* A front without a listener, for tests: sessions come by front_take. */
struct front *front_new(struct lane *lane, struct front_plan *plan);

/* Serves an open link; closes it when a limit is reached. */
void front_take(struct front *front, struct link *link);

/* Accepts nothing more; idle connections close, the others after their current answer. */
void front_drain(struct front *front);

/* Closes what is left at once. */
void front_close(struct front *front);

/* Whether every connection is gone after front_drain; then front_free may be called. */
bool front_is_empty(const struct front *front);
void front_free(struct front *front);

#endif
