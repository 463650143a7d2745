/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the admin API needs to know of the process. Belongs to process/, which alone writes it; admin/ only reads. It
 * must outlive the admin.
 */
#ifndef ADMIN_STATE_H
#define ADMIN_STATE_H

#include <stdatomic.h>
#include <stdint.h>

struct trail_sink; /* exchange/trail.h */

struct admin_state {
    /* Any thread may set these two; nothing else is told by them, so any order does. */
    atomic_bool ready;    /* every listener is open and served */
    atomic_bool draining; /* no new connections are taken */
    /* Set before admin_new, then left alone. */
    uint64_t started;                    /* s since the epoch; 0: admin_new is the start */
    const struct trail_sink *access_log; /* to tell what it dropped; NULL: there is none */
};

#endif
