/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets that this process was started with: by systemd (sd_listen_fds(3)) or by the weir that it follows
 * (process/handover.h), which speaks the same protocol. One table per process, as descriptors are; control thread only.
 * What is taken belongs to the taker.
 */
#ifndef PROCESS_INHERIT_H
#define PROCESS_INHERIT_H

#include "net/address.h"

/* Looks at LISTEN_PID and LISTEN_FDS and takes them out of the environment. What is no listening stream socket is closed
 * with a warning. Before other threads start. How many there are. */
size_t inherit_open(void);

/* The next one that is bound to exactly this address, or -1. There may be several: one for each worker. */
int inherit_take(const struct address *address);

/* Closes those that nobody took, and says so. */
void inherit_close_rest(void);

#endif
