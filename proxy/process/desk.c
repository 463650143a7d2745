/* SPDX-License-Identifier: Apache-2.0 */
#include "process/desk.h"

#include "base/log.h"

static bool listen_on(struct desk *desk)
{
    struct buffer why = BUFFER_EMPTY;
    struct socket_share share = sockets_share(&desk->sockets, 0);
    bool open = sockets_want(&desk->sockets, desk->site->settings, &why);
    if (!open)
        log_write(LOG_ERROR, "%.*s", TEXT_ARGS(buffer_text(&why)));
    buffer_clear(&why);
    int error = open ? fronts_renew(&desk->lane, &share.source) : 0;
    sockets_settle(&desk->sockets);
    if (error != 0)
        log_write(LOG_ERROR, "the admin API cannot listen: %s", uv_strerror(error));
    return open && error == 0;
}

static bool begin(struct desk *desk, uv_loop_t *uv)
{
    loop_init(&desk->loop, cells_new());
    desk->loop.uv = uv;
    stewards_init(&desk->stewards, &desk->loop, NULL, NULL);
    desk->begun = desk->loop.cells != NULL && pulse_start(&desk->pulse, &desk->loop) == 0 &&
                  lane_init(&desk->lane, &desk->loop, desk->site);
    return desk->begun;
}

bool desk_open(struct desk *desk, uv_loop_t *uv, const struct admin_settings *settings,
               struct admin_state *state, struct snapshot *serving)
{
    *desk = (struct desk){0};
    sockets_init(&desk->sockets, 1);
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
    stewards_clear(&desk->stewards);
    fronts_close(&desk->lane);
    loop_beat(&desk->loop);
    pulse_stop(&desk->pulse);
}

void desk_drain(struct desk *desk)
{
    fronts_drain(&desk->lane);
}

void desk_clear(struct desk *desk, bool unlink)
{
    if (desk->begun) {
        loop_beat(&desk->loop);
        lane_clear(&desk->lane);
        loop_clear(&desk->loop);
        cells_free(desk->loop.cells);
    }
    sockets_clear(&desk->sockets, unlink);
    if (desk->site != NULL)
        snapshot_unref(desk->site);
    if (desk->admin != NULL)
        admin_free(desk->admin);
}
