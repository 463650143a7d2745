/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SRV records of a DNS answer (RFC 2782, RFC 1035 section 4), out of the bytes of the message, which may be hostile.
 * Pure functions.
 */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRV_TARGETS_MAX = 64, SRV_NAME_MAX = 1025 };

struct srv_target {
    char name[SRV_NAME_MAX]; /* as the libraries write names: \DDD for odd bytes */
    uint16_t priority, weight, port;
};

struct srv_answer {
    uint32_t ttl; /* s, the smallest of the records that led here */
    size_t count;
    struct srv_target targets[SRV_TARGETS_MAX]; /* in the order of the answer; the rest is left out */
};

/* False when the message makes no sense. Records that say "no such service" (target ".") are left out. */
bool srv_read(const unsigned char *message, size_t len, struct srv_answer *answer);

#endif
