/* SPDX-License-Identifier: Apache-2.0 */
/* Two links in memory, joined: what one writes the other reads in the next round. For tests of everything above. */
#ifndef NET_PAIR_H
#define NET_PAIR_H

#include "net/link.h"

struct pair_end {
    struct link link;
    struct pair_end *peer; /* NULL when it was closed */
    struct chain in;       /* written by the peer, not yet read */
    struct task deliver;
    size_t capacity; /* bytes of in; a write beyond it waits. May be changed by a test */
    bool finished;   /* the peer has finished */
};

/* False when out of memory. */
bool pair_new(struct loop *loop, struct pair_end *ends[2]);

#endif
