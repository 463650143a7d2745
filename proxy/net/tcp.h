/* SPDX-License-Identifier: Apache-2.0 */
/* Links over TCP and Unix sockets, on uv_tcp_t and uv_pipe_t. A write goes out at once with one writev; what the kernel
 * doesn't take waits in libuv. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "net/link.h"

/* Starts a connection; the link is marked LINK_OPEN or LINK_BROKEN later, or LINK_BROKEN at once, with connect_refused,
 * connect_failed, or overloaded: descriptors or the kernel's buffers are used up here. NULL when out of memory. */
struct link *tcp_connect(struct loop *loop, const struct address *address);

/* A link over an accepted, non-blocking socket, which it owns from now on, also when it fails: NULL when there is no
 * memory. Not reading before link_start. */
struct link *tcp_adopt(struct loop *loop, int fd, bool local);

/* TCP keepalive, see tcp(7); seconds. Nothing on Unix sockets. */
void tcp_keepalive(struct link *link, unsigned idle, unsigned interval, unsigned count);

/* The address of the other end as of now; len 0 when it is gone. */
struct address tcp_peer(const struct link *link);

/* Links that are not yet freed, of this thread's loop. */
size_t tcp_count(void);

#endif
