/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sink is a file, pipe or socket that lines are written to, one write(2) each and never waiting: a line
 * that can't be written whole at once is lost and counted. Any thread writes; opening must not be concurrent
 * with itself. The descriptor's number stays the same when a sink is opened anew, so no writer meets a closed
 * or reused one. Error and access logs stand on it.
 */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include "base/text.h"

struct sink {
    int fd;        /* relaxed atomics, all four */
    bool blocking; /* a stream that we couldn't have to ourselves: to be asked before each write */
    bool torn;     /* the last line was cut by the other side: the next one begins on its own line */
    uint64_t lost; /* lines since the start */
};

#define SINK_CLOSED ((struct sink){.fd = -1})

/* Opens the file for appending, or the stream for "stderr" and "stdout"; also anew, as after a rotation.
 * False with errno set; then the sink is as before. */
bool sink_open(struct sink *sink, const char *path);

/* Not while others write. The standard streams themselves stay open. */
void sink_close(struct sink *sink);

/* The line brings its own line end. To be writable in front, it begins one byte behind the start of its
 * buffer: line.at[-1] must be the caller's, too, and is overwritten. Keeps errno. False when the line was
 * lost. */
bool sink_write(struct sink *sink, struct text line);

uint64_t sink_lost(const struct sink *sink);

#endif
