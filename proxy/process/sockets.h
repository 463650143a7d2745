/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening sockets of a process, opened by the control thread before anything is served: one for each worker and
 * TCP address (SO_REUSEPORT), duplicates of one for a Unix socket. Whoever starts to listen on one owns it.
 */
#ifndef PROCESS_SOCKETS_H
#define PROCESS_SOCKETS_H

#include "exchange/settings.h"

struct sockets {
    const struct snapshot_settings *settings;
    unsigned workers;
    size_t per_worker; /* addresses of all fronts */
    int *fds;
};

/* Opens all of them; false after having said on the error log which one failed, why, and what to do. */
bool sockets_open(struct sockets *sockets, const struct snapshot_settings *settings, unsigned workers);

/* Those of one front, in the order of its addresses. */
const int *sockets_of(const struct sockets *sockets, unsigned worker, size_t front);

/* Frees the table; Unix sockets are removed from the file system when unlink is set. */
void sockets_clear(struct sockets *sockets, bool unlink);

#endif
