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
    struct snapshot *snapshot;     /* referenced by the worker while it runs */
    struct trail_sink *trail_sink; /* NULL: no access log */
    const struct sockets *sockets; /* the worker owns what it takes of them */
    uv_async_t *ended;             /* sent when a worker's thread is about to end */
};

/* Starts the thread that takes the sockets of number index; NULL when it could not begin to serve: *error then says why
 * (libuv's error). Returns once it listens. */
struct worker *worker_start(const struct worker_plan *plan, unsigned index, int *error);

/* Accepts nothing more, finishes what runs; what still runs after limit ms is cut off. */
void worker_drain(struct worker *worker, uint64_t limit);

/* Waits for the thread's end and frees the worker. */
void worker_join(struct worker *worker);

/* After its end was told: whether this is one of those that ended. */
bool worker_has_ended(const struct worker *worker);

#endif
