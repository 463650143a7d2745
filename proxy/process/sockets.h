/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening sockets of a process, inherited or opened by the control thread before anything is served there: one for
 * each worker and TCP address (SO_REUSEPORT), duplicates of one for a Unix socket. Whoever takes one owns and closes it;
 * the table still knows its number, to hand it to a new binary.
 */
#ifndef PROCESS_SOCKETS_H
#define PROCESS_SOCKETS_H

#include "base/buffer.h"
#include "exchange/fronts.h"

struct socket_row {
    struct address address;
    int *fds;     /* worker i has those at i, i + workers, ... */
    bool *taken;  /* of each */
    size_t count; /* at least sockets.workers: more were inherited */
    bool wanted;  /* by the settings that were asked for last */
    bool settled; /* it was wanted before them too */
};

struct sockets {
    unsigned workers;
    struct socket_row *rows;
    size_t count;
};

/* For one worker: hands out its sockets, each once. */
struct socket_share {
    struct socket_source source;
    struct sockets *sockets;
    unsigned worker;
};

void sockets_init(struct sockets *sockets, unsigned workers);

/* Opens what the settings want and is not open yet. When one fails, those just opened are closed again, and *why says
 * which one failed, why, and what to do: false. */
bool sockets_want(struct sockets *sockets, const struct snapshot_settings *settings, struct buffer *why);

struct socket_share sockets_share(struct sockets *sockets, unsigned worker);

/* Adds the numbers of all descriptors to fds, which has room for most of them. How many there are. */
size_t sockets_list(const struct sockets *sockets, int *fds, size_t most);

/* After every worker has taken its share: forgets what is not wanted any more, and removes those Unix sockets from the
 * file system. */
void sockets_settle(struct sockets *sockets);

/* Frees the table; Unix sockets are removed when unlink is set. */
void sockets_clear(struct sockets *sockets, bool unlink);

#endif
