/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control thread: starts the service, hears signals, reloads, and ends everything in order. One per process.
 */
#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "conf/config.h"
#include "conf/file_list.h"

/* Serves the config, which it owns from now on, until a signal ends it: TERM and INT drain, a second one ends at once.
 * path is where the config is read again when it changes, or on HUP, and seen what was looked at for it (it is taken over);
 * NULL: there is no file. started is called once everything listens (may be NULL). The exit code of the process. */
int supervise(struct config *config, const char *path, struct file_list *seen, void (*started)(void));

#endif
