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
    struct admin *admin;
    struct snapshot *site; /* the admin's routes */
    struct sockets sockets;
    struct loop loop;
    struct pulse pulse;
    struct lane lane;
    struct stewards stewards; /* of the upstreams that are served */
    bool begun;               /* loop, pulse and lane are there */
};

/* Begins to serve on the loop. False when that failed, having said why. */
bool desk_open(struct desk *desk, uv_loop_t *uv, const struct admin_settings *settings,
               struct admin_state *state, struct snapshot *serving);

/* Cuts off what runs; the handles are gone when uv_run has ended. */
void desk_close(struct desk *desk);

/* Listens no more, and finishes what runs. */
void desk_drain(struct desk *desk);

/* After uv_run has ended. Its Unix sockets are removed when unlink is set. */
void desk_clear(struct desk *desk, bool unlink);

#endif
