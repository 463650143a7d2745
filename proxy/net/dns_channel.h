/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel of c-ares on a loop: its sockets are polled by libuv, its time limits are a timer of the wheel. Knows
 * servers and tries, nothing of what is asked. What it calls back, it calls from the read beat or at once; nobody may
 * free it there.
 */
#ifndef NET_DNS_CHANNEL_H
#define NET_DNS_CHANNEL_H

#ifndef CARES_NO_DEPRECATED
#define CARES_NO_DEPRECATED /* what replaces the older functions isn't in Debian 12 */
#endif
#include <ares.h>

#include "net/loop.h"
#include "net/resolver.h"

struct dns_channel {
    ares_channel ares;
    struct loop *loop;
    struct list sockets;
    struct timer timer;    /* of the next thing that is too late */
    struct list_node node; /* its owner's */
    size_t calls;          /* its owner's: those that have no answer yet */
};

/* NULL when it can't be made, with the reason in *why. Reads the files that say which servers there are. */
struct dns_channel *dns_channel_new(struct loop *loop, const struct resolver_settings *settings,
                                    const char **why);

/* Ends what is asked, which calls back with ARES_EDESTRUCTION before this returns. */
void dns_channel_free(struct dns_channel *channel);

/* After every call of c-ares that asks something. */
void dns_channel_mind_time(struct dns_channel *channel);

#endif
