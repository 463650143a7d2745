/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the service manager how this process is doing: the protocol of sd_notify(3), without libsystemd. One state per
 * process, as its environment is; control thread only. Each call is one datagram that is never waited for: when there is
 * no manager, or it doesn't listen, nothing happens.
 */
#ifndef PROCESS_NOTIFY_H
#define PROCESS_NOTIFY_H

#include <stdint.h>
#include <sys/types.h>

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so that children don't speak
 * for this process. Before other threads start. */
void notify_begin(void);

void notify_ready(void);
/* A reload has begun; notify_ready says when it ended, well or not. */
void notify_reloading(void);
void notify_stopping(void);

/* One line for people (systemctl status); what is behind a line break is left out. */
void notify_status(const char *text);

/* Another process, of the same service, is the one to look at from now on. */
void notify_main_process(pid_t pid);

/* How often notify_watchdog is to be called, in ms: half of what the manager waits for it. 0: it doesn't. */
uint64_t notify_watchdog_interval(void);
void notify_watchdog(void);

/* NAME=value of what notify_begin took, ends with NULL: for a new binary that takes this one's place. */
const char *const *notify_environment(void);

#endif
