/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/fronts.h"

#include <uv.h>

/* Fronts for all sockets that there are. */
static int start(struct lane *lane, struct front_plan *plan, const struct address *address,
                 struct socket_source *source)
{
    int error = UV_EBADF; /* of an address without a socket */
    for (int fd; (fd = source->take(source, address)) >= 0;)
        front_start(lane, plan, address, fd, &error);
    return error;
}

static bool renew_at(struct lane *lane, struct front_plan *plan, const struct address *address)
{
    bool any = false;
    for (struct front *front; (front = front_find(lane, address, true)) != NULL; any = true)
        front_renew(front, plan);
    return any;
}

static int renew_plan(struct lane *lane, struct front_plan *plan, struct socket_source *source)
{
    int error = 0;
    for (size_t i = 0; i < plan->settings->address_count; i++) {
        const struct address *address = &plan->settings->addresses[i];
        int failed = renew_at(lane, plan, address) ? 0 : start(lane, plan, address, source);
        error = failed != 0 ? failed : error;
    }
    return error;
}

int fronts_renew(struct lane *lane, struct socket_source *source)
{
    const struct snapshot *snapshot = lane->view->snapshot;
    int error = 0;
    for (size_t i = 0; i < snapshot->settings->front_count; i++) {
        int failed = renew_plan(lane, &snapshot->fronts[i], source);
        error = failed != 0 ? failed : error;
    }
    fronts_drain_stale(lane);
    return error;
}
