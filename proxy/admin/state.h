/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the admin API knows of the process, and the hands it has in it. Belongs to process/, which alone fills it; it must
 * outlive the admin. Texts and hands are used on the control thread alone, which serves the admin API: process/ may change
 * them there at any time.
 */
#ifndef ADMIN_STATE_H
#define ADMIN_STATE_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "net/address.h"

struct snapshot_settings; /* exchange/settings.h */
struct trail_sink;        /* exchange/trail.h */

enum order_state { ORDER_KEEP, ORDER_UP, ORDER_DRAIN, ORDER_DOWN };

enum order_result {
    ORDER_DONE,
    ORDER_ADDED,       /* there was none of that address */
    ORDER_NO_ENDPOINT, /* to be removed */
    ORDER_REFUSED      /* problem says why */
};

/* How an endpoint is to be; once it is done, how it is. The upstream is one of the config. */
struct endpoint_order {
    struct text upstream;
    struct text name; /* the address as it was written */
    struct address address;
    bool sets_weight;       /* otherwise it keeps what it has; a new one gets 1 */
    bool forgets_weight;    /* it gets again what the config says */
    unsigned weight;        /* 0 to 65535 */
    enum order_state state; /* ORDER_KEEP: as it is; a new one is up */
    const char *problem;    /* a literal */
};

/* What the admin API may do to the process. One that is NULL isn't there: 501. */
struct admin_hands {
    void *owner;

    /* True when the config as it lies in its files now is in force, with its generation. Otherwise nothing has changed.
     * Either way problems may be given: a JSON array of {"file","line","column","message"}; with true, warnings. */
    bool (*reload)(void *owner, struct buffer *problems, uint64_t *generation);

    /* Stops accepting and lets finish what runs; the process stays. Not called while state.draining is set. */
    void (*drain)(void *owner);

    /* Changes or adds an endpoint, removes one. */
    enum order_result (*set_endpoint)(void *owner, struct endpoint_order *order);
    enum order_result (*remove_endpoint)(void *owner, struct endpoint_order *order);
};

struct admin_state {
    /* Any thread may set these; nothing else is told by them, so any order does. */
    atomic_bool ready;           /* every listener is open and served */
    atomic_bool draining;        /* no new connections are taken */
    atomic_bool reload_failed;   /* the last one; an older config is in force than the one in the files */
    _Atomic uint64_t generation; /* of the config in force: 1, and one more with each reload */
    /* The config in force as JSON, secrets masked, and its hash; empty: not shown. */
    struct text config;
    struct text config_hash;
    const struct snapshot_settings *serve; /* of the config in force; NULL: none is */
    struct admin_hands hands;
    /* Set before admin_new, then left alone. */
    uint64_t started;                    /* s since the epoch; 0: admin_new is the start */
    const struct trail_sink *access_log; /* to tell what it dropped; NULL: there is none */
};

#endif
