/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets go of root for good. What is kept is the right to bind ports below 1024 (CAP_NET_BIND_SERVICE), so that a reload
 * can open them, and it is handed on to a new binary (ambient). Whether the process can be dumped or traced stays as the
 * kernel leaves it: not by others than root.
 */
#ifndef PROCESS_PRIVILEGES_H
#define PROCESS_PRIVILEGES_H

#include <stdbool.h>

/* Makes a log that root has opened the user's own, so that it can be opened again after a rotation. Nothing happens when
 * nobody is to become the user, or when path is no plain file (a link might lead anywhere). */
void privileges_give(const char *user, const char *path);

/* Becomes the user, with its groups, when started as root; from then on nothing that is executed can gain rights. An empty
 * name, or not being root, changes nothing (a user that is not this one is told). False, having said why, when it failed:
 * the process must then end. After listening sockets and logs are open, before threads start that open sockets: one that
 * runs already becomes the user too, but keeps no right at all. */
bool privileges_drop(const char *user);

#endif
