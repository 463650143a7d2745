/* SPDX-License-Identifier: Apache-2.0 */
/* The file behind the access log: a bounded queue of blocks of lines, and the thread that writes them. */
#ifndef EXCHANGE_TRAIL_SINK_H
#define EXCHANGE_TRAIL_SINK_H

#include "exchange/trail.h"

enum { TRAIL_BLOCK = 32 * 1024 };

/* Lines of one lane; bytes is full of whole lines. */
struct trail_block {
    struct trail_block *next;
    size_t len;
    unsigned lines;
    char bytes[TRAIL_BLOCK];
};

/* Takes over the block. What doesn't fit into the queue is dropped and counted. Any thread. */
void trail_sink_put(struct trail_sink *sink, struct trail_block *block);

/* Counts lines that were lost before they got into a block. Any thread. */
void trail_sink_lose(struct trail_sink *sink, unsigned lines);

enum trail_format trail_sink_format(const struct trail_sink *sink);

#endif
