/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trail a request leaves: a line of the access log, counters, latencies. A trail belongs to one lane and buffers
 * its lines; a writer thread of the process writes them out, so a slow disk or a full pipe never stops a worker: what
 * doesn't fit is dropped and counted.
 */
#ifndef EXCHANGE_TRAIL_H
#define EXCHANGE_TRAIL_H

#include "exchange/exchange.h"

enum trail_format { TRAIL_JSON, TRAIL_COMBINED, TRAIL_COMMON };

struct trail_sink; /* the file and its writer thread, one per process */

/* path: a file, stdout or stderr. NULL with errno set. Control thread. */
struct trail_sink *trail_sink_open(const char *path, enum trail_format format);

/* Opens the path again (after a rotation); the old file stays when that fails. Any thread. */
bool trail_sink_reopen(struct trail_sink *sink);

/* Writes what is there, with a time limit (ms), and ends the thread. Trails must be freed before. */
void trail_sink_close(struct trail_sink *sink, unsigned limit);

/* Lines dropped since the start. Any thread. */
uint64_t trail_sink_dropped(const struct trail_sink *sink);

struct trail *trail_new(struct trail_sink *sink, struct loop *loop);

/* Hands over what is buffered. */
void trail_free(struct trail *trail);

/* Notes a finished exchange. lane->trail may be NULL: then only counters. */
void trail_note(struct lane *lane, const struct exchange *exchange);

#endif
