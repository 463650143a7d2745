/* SPDX-License-Identifier: Apache-2.0 */
#include "process/desk.h"

#include "base/log.h"

static const struct snapshot_settings nothing;

bool desk_open(struct desk *desk, uv_loop_t *uv, const struct resolver_settings *settings,
               struct admin_state *state)
{
    *desk = (struct desk){.state = state};
    sockets_init(&desk->sockets, 1);
    loop_init(&desk->loop, cells_new());
    desk->loop.uv = uv;
    desk->resolver = resolver_new(&desk->loop, settings);
    stewards_init(&desk->stewards, &desk->loop, desk->resolver);
    desk->site = snapshot_new(&nothing, NULL, NULL);
    desk->begun = desk->loop.cells != NULL && desk->site != NULL && desk->resolver != NULL &&
                  pulse_start(&desk->pulse, &desk->loop) == 0 &&
                  lane_init(&desk->lane, &desk->loop, desk->site);
    return desk->begun;
}

static void release_admin(void *admin)
{
    admin_free(admin);
}

static struct snapshot *site_of(struct admin *admin)
{
    if (admin == NULL)
        return NULL;
    struct snapshot *site = snapshot_new(admin_site(admin), release_admin, admin);
    if (site == NULL)
        admin_free(admin);
    return site;
}

bool desk_prepare(struct desk *desk, const struct admin_settings *settings, struct snapshot *serving,
                  struct buffer *why)
{
    desk->next = site_of(admin_new(settings, serving, desk->state));
    if (desk->next == NULL) {
        buffer_printf(why, "the admin API cannot start: out of memory");
        return false;
    }
    if (sockets_want(&desk->sockets, desk->next->settings, why))
        return true;
    desk_forget(desk);
    return false;
}

void desk_forget(struct desk *desk)
{
    struct buffer none = BUFFER_EMPTY;
    if (desk->next == NULL)
        return;
    sockets_want(&desk->sockets, desk->site->settings, &none); /* all of them are open */
    sockets_settle(&desk->sockets);
    buffer_clear(&none);
    snapshot_unref(desk->next);
    desk->next = NULL;
}

/* The request that asked for it may run on this lane: it goes on with what it began with. */
void desk_renew(struct desk *desk)
{
    struct socket_share share = sockets_share(&desk->sockets, 0);
    struct snapshot *before = desk->site;
    int error = lane_adopt(&desk->lane, desk->next) ? fronts_renew(&desk->lane, &share.source) : UV_ENOMEM;
    if (error != 0)
        log_write(LOG_ERROR, "the admin API cannot listen: %s", uv_strerror(error));
    desk->site = desk->next;
    desk->next = NULL;
    sockets_settle(&desk->sockets);
    snapshot_unref(before);
}

void desk_resolve(struct desk *desk, const struct resolver_settings *settings)
{
    struct resolver *resolver = resolver_new(&desk->loop, settings);
    if (resolver == NULL) {
        log_write(LOG_ERROR, "resolver: out of memory for its new settings; the old ones stay");
        return;
    }
    stewards_resolve(&desk->stewards, resolver);
    resolver_free(desk->resolver);
    desk->resolver = resolver;
}

void desk_drain(struct desk *desk)
{
    fronts_drain(&desk->lane);
}

void desk_close(struct desk *desk)
{
    if (!desk->begun)
        return;
    stewards_clear(&desk->stewards);
    resolver_free(desk->resolver);
    fronts_close(&desk->lane);
    loop_beat(&desk->loop);
    pulse_stop(&desk->pulse);
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
}
