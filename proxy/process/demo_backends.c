/* SPDX-License-Identifier: Apache-2.0 */
#include "process/demo_backends.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "exchange/front.h"
#include "net/listener.h"
#include "net/pulse.h"
#include "net/tcp.h"
#include "process/demo_pages.h"
#include "process/sockets.h"

/* One server. It has no front while it is down. */
struct backend {
    char name[16];
    unsigned port;
    struct address address;
    struct timer change; /* go down now, or come back */
    bool down;
};

/* How often it is looked whether everything is gone at the end. */
enum { PROGRESS_MS = 20 };

struct backends {
    struct backend all[DEMO_BACKENDS];
    struct front_settings fronts[DEMO_BACKENDS];
    struct route_settings routes[DEMO_BACKENDS];
    struct snapshot_settings settings;
    struct snapshot *snapshot;
    uv_loop_t uv;
    uv_async_t stop;
    uv_timer_t progress;
    uv_thread_t thread;
    struct loop loop;
    struct pulse pulse;
    struct lane lane;
    bool ending;
};

static struct backends backends;

static struct front *front_of(const struct backend *backend)
{
    return front_find(&backends.lane, &backend->address, false);
}

static void stay_down(struct backend *backend)
{
    wheel_set(&backends.loop.wheel, &backend->change, DEMO_STOP_SECONDS * 1000);
}

static int open_front(const struct backend *backend)
{
    int error = UV_EADDRINUSE;
    size_t index = (size_t)(backend - backends.all);
    int fd = listener_socket(&backend->address);
    if (fd >= 0)
        front_start(&backends.lane, &backends.snapshot->fronts[index], &backend->address, fd, &error);
    return error;
}

static void come_back(struct backend *backend)
{
    if (front_of(backend) == NULL && open_front(backend) == 0) {
        backend->down = false;
        printf("demo: %s is back\n", backend->name);
        return;
    }
    printf("demo: %s cannot come back yet: port %u is not free\n", backend->name, backend->port);
    stay_down(backend);
}

/* The timer fires in the turn after the answer was sent, and again when the time is over. */
static void on_change(struct timer *timer)
{
    struct backend *backend = CONTAINER(timer, struct backend, change);
    if (backend->down) {
        come_back(backend);
        return;
    }
    backend->down = true;
    front_close(front_of(backend));
    printf("demo: %s is down for %d seconds; requests go to the others\n", backend->name, DEMO_STOP_SECONDS);
    stay_down(backend);
}

static struct stream *serve(void *owner, struct exchange *exchange)
{
    struct backend *backend = owner;
    if (exchange->down->head_in.method != METHOD_POST || !text_equal(exchange->path, TEXT("/stop")))
        return demo_page(exchange, backend->name);
    wheel_set(&backends.loop.wheel, &backend->change, 1);
    return demo_say(exchange, 200,
                    arena_format(exchange->down->arena, "%s goes down for %d seconds\n", backend->name,
                                 DEMO_STOP_SECONDS));
}

static void settle(struct backends *all)
{
    if (!all->ending || !list_is_empty(&all->lane.fronts) || tcp_count() > 0)
        return;
    lane_clear(&all->lane);
    uv_close((uv_handle_t *)&all->stop, NULL);
    uv_close((uv_handle_t *)&all->progress, NULL);
    pulse_stop(&all->pulse);
}

static void on_progress(uv_timer_t *progress)
{
    settle(progress->data);
}

static void on_stop(uv_async_t *stop)
{
    struct backends *all = stop->data;
    all->ending = true;
    for (int i = 0; i < DEMO_BACKENDS; i++)
        wheel_cancel(&all->loop.wheel, &all->all[i].change);
    fronts_close(&all->lane);
}

static void thread_main(void *arg)
{
    struct backends *all = arg;
    uv_run(&all->uv, UV_RUN_DEFAULT);
    loop_clear(&all->loop);
    cells_free(all->loop.cells);
    uv_loop_close(&all->uv);
}

static void describe(struct backends *all)
{
    for (size_t i = 0; i < DEMO_BACKENDS; i++) {
        struct backend *backend = &all->all[i];
        char written[32];
        backend->port = DEMO_FIRST_PORT + (unsigned)i;
        backend->change.fire = on_change;
        snprintf(backend->name, sizeof backend->name, "backend-%zu", i + 1);
        snprintf(written, sizeof written, "127.0.0.1:%u", backend->port);
        address_read(text_of(written), &backend->address);
        all->fronts[i] = (struct front_settings){.name = text_of(backend->name),
                                                 .addresses = &backend->address,
                                                 .address_count = 1,
                                                 .http = {.header_size = 65536,
                                                          .headers = 100,
                                                          .header_timeout = 10000,
                                                          .body_timeout = 30000,
                                                          .idle_timeout = 75000}};
        all->routes[i] = (struct route_settings){.name = TEXT("demo"),
                                                 .front = i,
                                                 .target = TARGET_SERVICE,
                                                 .serve = serve,
                                                 .serve_owner = backend};
    }
    all->settings = (struct snapshot_settings){.fronts = all->fronts,
                                               .front_count = DEMO_BACKENDS,
                                               .routes = all->routes,
                                               .route_count = DEMO_BACKENDS};
}

static bool prepare(struct backends *all)
{
    loop_init(&all->loop, cells_new());
    all->loop.uv = &all->uv;
    all->snapshot = snapshot_new(&all->settings, NULL, NULL);
    if (all->loop.cells == NULL || all->snapshot == NULL || uv_loop_init(&all->uv) != 0)
        return false;
    if (uv_async_init(&all->uv, &all->stop, on_stop) != 0 || uv_timer_init(&all->uv, &all->progress) != 0 ||
        pulse_start(&all->pulse, &all->loop) != 0)
        return false;
    all->stop.data = all->progress.data = all;
    uv_timer_start(&all->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
    bool ready = lane_init(&all->lane, &all->loop, all->snapshot);
    snapshot_unref(all->snapshot); /* the lane's is enough */
    return ready;
}

static bool start_thread(struct backends *all)
{
    sigset_t every;
    sigset_t before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int error = uv_thread_create(&all->thread, thread_main, all);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

bool demo_backends_start(void)
{
    struct sockets sockets;
    struct buffer why = BUFFER_EMPTY;
    struct backends *all = &backends;
    describe(all);
    sockets_init(&sockets, 1);
    bool ready = prepare(all) && sockets_want(&sockets, &all->settings, &why);
    struct socket_share share = sockets_share(&sockets, 0);
    ready = ready && fronts_renew(&all->lane, &share.source) == 0 && start_thread(all);
    if (why.len > 0)
        fprintf(stderr, "weir demo: %.*s\n", TEXT_ARGS(buffer_text(&why)));
    buffer_clear(&why);
    sockets_clear(&sockets, false);
    return ready;
}

void demo_backends_stop(void)
{
    uv_async_send(&backends.stop);
    uv_thread_join(&backends.thread);
}
