/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener accepts links on one socket for one loop: it puts them on its fresh list and wakes its owner's task. The
 * socket is opened apart (listener_socket), on the control thread and before privileges are dropped, one per worker so
 * that the kernel spreads connections (SO_REUSEPORT); a Unix socket is shared by duplicates of one descriptor.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <uv.h>

#include "net/link.h"

/* A bound, listening socket, or -1 with errno set. A Unix socket that nobody listens on any more is replaced. */
int listener_socket(const struct address *address);

struct listener {
    struct loop *loop;
    struct list fresh;  /* links, by link.node */
    struct task *task;  /* of its owner, woken for them */
    struct task retire; /* its run is the owner's: the listener has closed */
    struct timer rest;  /* no descriptor was left: accepts again when it fires */
    int fd;
    bool local;
    bool open;
    uv_poll_t poll;
};

/* Listens on the descriptor, which it owns from now on, also when it fails. 0 or libuv's error. */
int listener_start(struct listener *listener, struct loop *loop, int fd, bool local);

/* Takes what waits now, a bounded number, as when the socket is readable. */
void listener_accept(struct listener *listener);

/* Accepts nothing more, closes what nobody took yet, and then puts retire on the loop's retired list. */
void listener_stop(struct listener *listener);

#endif
