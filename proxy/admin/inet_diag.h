/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel for the TCP sockets of this network namespace, whoever owns them: sock_diag(7). Also those that no
 * process has any more (TIME_WAIT). Blocks for as long as it is told at most; needs no right.
 */
#ifndef ADMIN_INET_DIAG_H
#define ADMIN_INET_DIAG_H

#include "net/address.h"

struct inet_socket {
    struct address local;
    struct address remote;
    unsigned state; /* TCP_ESTABLISHED ... of netinet/tcp.h */
    bool is_mapped; /* an IPv6 socket that speaks IPv4: the addresses are IPv4 */
};

struct inet_walk {
    void (*visit)(void *owner, const struct inet_socket *socket);
    void *owner;
    uint64_t limit; /* ms */
    bool cut;       /* out: the time was over before the end */
};

/* Visits each socket that is a connection or was one: all states but LISTEN. NULL, or a sentence that says why the kernel
 * doesn't tell. */
const char *inet_diag_walk(struct inet_walk *walk);

#endif
