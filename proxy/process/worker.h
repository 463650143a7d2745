/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker is a thread with a loop of its own that serves a snapshot on its own listening sockets. Workers share nothing
 * on the request path. All functions are the control thread's; a worker tells it of its end through an async handle.
 */
#ifndef PROCESS_WORKER_H
#define PROCESS_WORKER_H

#include <uv.h>

#include "exchange/trail.h"
#include "process/sockets.h"

struct worker;

struct worker_plan {
    struct snapshot *snapshot;     /* referenced by the worker while it serves it */
    struct trail_sink *trail_sink; /* NULL: no access log */
    struct sockets *sockets;       /* the worker takes its share of them */
};

/* Starts the thread of number index; NULL when it could not begin to serve: *error then says why (libuv's error). Returns
 * once it listens. ended is sent when the thread is about to end. */
struct worker *worker_start(const struct worker_plan *plan, unsigned index, uv_async_t *ended, int *error);

/* Hands over to another plan: connections and pools go on as far as they are in it. Returns once the worker has, or has
 * not taken it within ADOPT_LIMIT_MS, which it then does later. 0, or libuv's error of what it could not take over. */
int worker_adopt(struct worker *worker, const struct worker_plan *plan);

enum { ADOPT_LIMIT_MS = 10000 };

/* Rosters have changed. */
void worker_refresh(struct worker *worker);

/* Accepts nothing more, finishes what runs; what still runs after limit ms is cut off. The thread then ends. */
void worker_drain(struct worker *worker, uint64_t limit);

/* Waits for the thread's end and frees the worker. */
void worker_join(struct worker *worker);

/* After its end was told: whether this is one of those that ended. */
bool worker_has_ended(const struct worker *worker);

#endif
