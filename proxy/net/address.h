/* SPDX-License-Identifier: Apache-2.0 */
/* Where to listen or connect: IPv4, IPv6 or a Unix socket. A value: copied freely, owns nothing. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"

/* Room for the longest written form: unix: and a path. */
#define ADDRESS_TEXT_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) + 6)

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    };
    socklen_t len; /* of the one in use; 0: no address */
};

/* Reads "host:port", "[v6]:port" or "unix:/path"; host must be a literal address. Returns NULL, or a sentence that says
 * what is wrong (a literal, lives forever). */
const char *address_read(struct text written, struct address *address);

/* The canonical written form into buffer[ADDRESS_TEXT_MAX]; the text points into it. Without the port: IP only. */
struct text address_write(const struct address *address, char *buffer);
struct text address_write_ip(const struct address *address, char *buffer);

bool address_equal(const struct address *a, const struct address *b);
unsigned address_port(const struct address *address);
bool address_is_any(const struct address *address); /* 0.0.0.0 or [::] */
bool address_is_loopback(const struct address *address);
bool address_is_unix(const struct address *address);

#endif
