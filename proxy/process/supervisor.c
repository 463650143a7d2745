/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "process/handover.h"
#include "process/hands.h"
#include "process/inherit.h"
#include "process/notify.h"
#include "process/reaper.h"
#include "process/reloader.h"
#include "process/service.h"
#include "process/succession.h"

/* How long requests that run may take to finish after TERM. */
enum { DRAIN_LIMIT_MS = 30000 };

enum { SIGNALS = 5 };

struct supervisor {
    struct service service;
    uv_loop_t uv;
    uv_signal_t signals[SIGNALS];
    uv_timer_t watchdog;
    struct reaper reaper;
    struct reloader reloader;
    struct hands hands;
    struct succession succession;
    bool draining;
    bool stays; /* drained, it waits for TERM */
};

/* The most listening sockets that a new binary is given. */
enum { SOCKETS_MAX = 4096 };

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Chunks come from and go back to the system one by one, so that a burst of traffic leaves no memory behind. */
static void return_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 96 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

static void close_all(struct supervisor *supervisor)
{
    for (int i = 0; i < SIGNALS; i++)
        uv_unref((uv_handle_t *)&supervisor
                     ->signals[i]); /* heard, or rather not felt, until the process is gone */
    uv_close((uv_handle_t *)&supervisor->watchdog, NULL);
    succession_stop(&supervisor->succession);
    reaper_stop(&supervisor->reaper);
    reloader_stop(&supervisor->reloader);
    service_close(&supervisor->service);
}

static void drain(struct supervisor *supervisor)
{
    supervisor->draining = true;
    notify_stopping();
    log_write(LOG_INFO, "draining: no new connections, %u s for what runs", DRAIN_LIMIT_MS / 1000);
    service_drain(&supervisor->service, DRAIN_LIMIT_MS);
}

/* The process then stays until it is told to end. */
static void drain_for_admin(void *owner)
{
    struct supervisor *supervisor = owner;
    supervisor->stays = true;
    drain(supervisor);
}

/* Asked twice it doesn't wait for anything; but a drain that the admin API began was not the first time. */
static void end(struct supervisor *supervisor)
{
    bool stays = supervisor->stays;
    supervisor->stays = false;
    if (!supervisor->draining)
        drain(supervisor);
    else if (!stays)
        _exit(0);
    else if (supervisor->service.running == 0)
        close_all(supervisor);
}

static void reload(struct supervisor *supervisor)
{
    struct problems problems;
    problems_init(&problems);
    reloader_run(&supervisor->reloader, &problems);
    problems_clear(&problems);
}

static void on_succeeded(void *owner)
{
    struct supervisor *supervisor = owner;
    service_hand_over(&supervisor->service);
    if (!supervisor->draining)
        drain(supervisor);
}

static void hand_over(struct supervisor *supervisor)
{
    static int fds[SOCKETS_MAX];
    if (supervisor->draining) {
        log_write(LOG_WARN, "no hand-over to a new binary: weir is draining");
        return;
    }
    size_t count = service_sockets(&supervisor->service, fds, SOCKETS_MAX);
    succession_begin(&supervisor->succession, fds, count < SOCKETS_MAX ? count : SOCKETS_MAX);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *supervisor = handle->data;
    switch (number) {
    case SIGHUP:
        reload(supervisor);
        break;
    case SIGUSR1:
        service_reopen_logs(&supervisor->service);
        break;
    case SIGUSR2:
        hand_over(supervisor);
        break;
    default:
        end(supervisor);
    }
}

static bool hear_signals(struct supervisor *supervisor)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&supervisor->uv, &supervisor->signals[i]);
        supervisor->signals[i].data = supervisor;
        if (uv_signal_start(&supervisor->signals[i], on_signal, numbers[i]) != 0)
            return false;
    }
    return true;
}

static void on_end(void *owner)
{
    struct supervisor *supervisor = owner;
    if (!supervisor->stays)
        close_all(supervisor);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    notify_watchdog();
}

static int start_handles(struct supervisor *supervisor)
{
    uint64_t interval = notify_watchdog_interval();
    int error = uv_loop_init(&supervisor->uv);
    if (error == 0)
        error = uv_timer_init(&supervisor->uv, &supervisor->watchdog);
    if (error == 0)
        error = succession_init(&supervisor->succession, &supervisor->uv);
    if (error == 0 && interval > 0)
        error = uv_timer_start(&supervisor->watchdog, on_watchdog, interval, interval);
    if (error == 0)
        error = reaper_start(&supervisor->reaper, &supervisor->uv);
    return error;
}

static bool start(struct supervisor *supervisor, struct config *config)
{
    raise_descriptor_limit();
    return_memory();
    notify_begin();
    inherit_open();
    supervisor->succession.serves = on_succeeded;
    supervisor->succession.owner = supervisor;
    supervisor->service.on_end = on_end;
    supervisor->service.owner = supervisor;
    supervisor->hands =
        (struct hands){&supervisor->reloader, &supervisor->service, drain_for_admin, supervisor};
    hands_lend(&supervisor->hands, &supervisor->service.state.hands);
    return start_handles(supervisor) == 0 && hear_signals(supervisor) &&
           service_start(&supervisor->service, &supervisor->uv, config);
}

static void tell_started(const struct supervisor *supervisor)
{
    log_write(LOG_INFO, "weir " WEIR_VERSION " serves with %u workers", supervisor->service.worker_count);
    inherit_close_rest();
    handover_tell_ready();
    notify_ready();
}

int supervise(struct config *config, const char *path, struct file_list *seen, void (*started)(void))
{
    static struct supervisor supervisor;
    if (!start(&supervisor, config) ||
        reloader_start(&supervisor.reloader, &supervisor.service, path, seen) != 0)
        _exit(1); /* said why; what was opened ends with the process */
    tell_started(&supervisor);
    if (started != NULL)
        started();
    uv_run(&supervisor.uv, UV_RUN_DEFAULT);
    service_clear(&supervisor.service);
    uv_loop_close(&supervisor.uv);
    return 0;
}
