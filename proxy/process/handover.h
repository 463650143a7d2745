/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the binary anew beside this process and gives it the listening sockets, so that a new version takes over without
 * a connection refused. The new process finds them with process/inherit.h and says when it serves; then the old one
 * drains. Both sides are the control thread's.
 */
#ifndef PROCESS_HANDOVER_H
#define PROCESS_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct handover {
    const int *fds; /* listening sockets; they stay open here */
    size_t count;
    const char *const *environment; /* NAME=value, ends with NULL: added or put in place; NULL: nothing */
};

enum handover_state { HANDOVER_WAITS, HANDOVER_SERVES, HANDOVER_FAILED };

/* First of all, in main: remembers how the binary was called, and whether another weir waits to hear that this one serves.
 * argv must live on. */
void handover_begin(char **argv);

/* Starts what now lies where the binary was started from, with the same arguments. Returns a descriptor for
 * handover_hear, which is the caller's, or -1 with errno set. *child is reaped by process/reaper.h. */
int handover_start(const struct handover *plan, pid_t *child);

/* What the child has told; asked when the descriptor is readable, never waits. FAILED: it ended before it served. */
enum handover_state handover_hear(int fd);

/* The child's side: everything listens. Nothing happens where nobody waits. SIGPIPE must be ignored by then. */
void handover_tell_ready(void);

#endif
