/* SPDX-License-Identifier: Apache-2.0 */
#include "process/desk.h"

#include "base/log.h"

static bool listen_on(struct desk *desk)
{
    int error = 0;
    if (!sockets_open(&desk->sockets, desk->site->settings, 1))
        return false;
    desk->front = front_start(&desk->lane, &desk->site->fronts[0], sockets_of(&desk->sockets, 0, 0), &error);
    if (desk->front != NULL && error == 0)
        return true;
    log_write(LOG_ERROR, "the admin API cannot listen: %s", uv_strerror(error));
    return false;
}

static bool begin(struct desk *desk, uv_loop_t *uv)
{
    loop_init(&desk->loop, cells_new());
    desk->loop.uv = uv;
    desk->begun = desk->loop.cells != NULL && pulse_start(&desk->pulse, &desk->loop) == 0 &&
                  lane_init(&desk->lane, &desk->loop, desk->site);
    return desk->begun;
}

bool desk_open(struct desk *desk, uv_loop_t *uv, const struct admin_settings *settings,
               struct admin_state *state, struct snapshot *serving)
{
    *desk = (struct desk){0};
    if (settings->listen.len == 0)
        return true;
    desk->admin = admin_new(settings, serving, state);
    desk->site = desk->admin != NULL ? snapshot_new(admin_site(desk->admin), NULL, NULL) : NULL;
    if (desk->site == NULL || !begin(desk, uv)) {
        log_write(LOG_ERROR, "the admin API cannot start: out of memory");
        return false;
    }
    return listen_on(desk);
}

void desk_close(struct desk *desk)
{
    if (!desk->begun)
        return;
    if (desk->front != NULL)
        front_close(desk->front);
    loop_beat(&desk->loop);
    pulse_stop(&desk->pulse);
}

void desk_clear(struct desk *desk)
{
    if (desk->begun) {
        loop_beat(&desk->loop);
        if (desk->front != NULL)
            front_free(desk->front);
        lane_clear(&desk->lane);
        loop_clear(&desk->loop);
        cells_free(desk->loop.cells);
    }
    if (desk->sockets.fds != NULL)
        sockets_clear(&desk->sockets, true);
    if (desk->site != NULL)
        snapshot_unref(desk->site);
    if (desk->admin != NULL)
        admin_free(desk->admin);
}
