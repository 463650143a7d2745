/* SPDX-License-Identifier: Apache-2.0 */
/* The control thread's own lane: a loop that serves the admin API through the same fronts and exchanges as workers do, and
 * on which upstreams are looked after. */
#ifndef PROCESS_DESK_H
#define PROCESS_DESK_H

#include "admin/admin.h"
#include "net/pulse.h"
#include "process/sockets.h"
#include "upstream/steward.h"

struct desk {
    struct admin_state *state;
    struct snapshot *site; /* the admin API's routes; owns the admin behind them */
    struct snapshot *next; /* the same for another config; NULL: none is prepared */
    struct sockets sockets;
    struct loop loop;
    struct pulse pulse;
    struct lane lane;
    struct resolver *resolver; /* of their discovery */
    struct stewards stewards;  /* of the upstreams that are served */
    bool begun;                /* loop, pulse and lane are there */
};

/* Begins to serve on the loop: an admin API that shows the serving snapshot. The state must outlive the desk. False with
 * *why when that failed. */
bool desk_open(struct desk *desk, uv_loop_t *uv, const struct resolver_settings *settings,
               struct admin_state *state);

/* Prepares an admin API of these settings, which shows that snapshot: opens its sockets. False, and nothing has changed,
 * when that failed. Then either of: */
bool desk_prepare(struct desk *desk, const struct admin_settings *settings, struct snapshot *serving,
                  struct buffer *why);
void desk_renew(struct desk *desk);
void desk_forget(struct desk *desk);

/* Names of upstreams are looked up as these settings say. */
void desk_resolve(struct desk *desk, const struct resolver_settings *settings);

/* Listens no more, and finishes what runs. */
void desk_drain(struct desk *desk);

/* Cuts off what runs; the handles are gone when uv_run has ended. */
void desk_close(struct desk *desk);

/* After uv_run has ended. Its Unix sockets are removed when unlink is set. */
void desk_clear(struct desk *desk, bool unlink);

#endif
