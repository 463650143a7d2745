/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "exchange/trail.h"
#include "process/desk.h"
#include "process/worker.h"

/* How long requests that run may take to finish after TERM, and how long the access log may take after that. */
enum { DRAIN_LIMIT_MS = 30000, LOG_LIMIT_MS = 1000 };

enum { SIGNALS = 5 };

struct supervisor {
    struct config *config;
    struct snapshot *snapshot;
    struct sockets sockets;
    struct trail_sink *trail_sink;
    struct admin_state state;
    struct desk desk;
    uv_loop_t uv;
    uv_signal_t signals[SIGNALS];
    uv_async_t ended; /* a worker has */
    struct worker **workers;
    unsigned running;
    bool draining;
};

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

static void drain(struct supervisor *supervisor)
{
    if (supervisor->draining)
        _exit(0); /* asked twice */
    supervisor->draining = true;
    atomic_store(&supervisor->state.draining, true);
    log_write(LOG_INFO, "draining: no new connections, %u s for what runs", DRAIN_LIMIT_MS / 1000);
    for (unsigned i = 0; i < supervisor->config->workers; i++)
        worker_drain(supervisor->workers[i], DRAIN_LIMIT_MS);
}

static void reopen_logs(struct supervisor *supervisor)
{
    const struct config *config = supervisor->config;
    bool opened = log_open(config->log.level, config->log.format, config->log.path.at);
    if (supervisor->trail_sink != NULL)
        opened = trail_sink_reopen(supervisor->trail_sink) && opened;
    log_write(opened ? LOG_INFO : LOG_ERROR,
              opened ? "logs are reopened" : "a log cannot be reopened, the old file stays");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *supervisor = handle->data;
    switch (number) {
    case SIGHUP:
        log_write(LOG_ERROR, "reload is not in this build yet: restart weir to apply a changed config");
        break;
    case SIGUSR1:
        reopen_logs(supervisor);
        break;
    case SIGUSR2:
        log_write(LOG_ERROR, "handing over to a new binary is not in this build yet: restart weir");
        break;
    default:
        drain(supervisor);
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

static void close_all(struct supervisor *supervisor)
{
    for (int i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&supervisor->signals[i], NULL);
    uv_close((uv_handle_t *)&supervisor->ended, NULL);
    desk_close(&supervisor->desk);
}

static void on_worker_ended(uv_async_t *ended)
{
    struct supervisor *supervisor = ended->data;
    for (unsigned i = 0; i < supervisor->config->workers; i++) {
        if (supervisor->workers[i] == NULL || !worker_has_ended(supervisor->workers[i]))
            continue;
        worker_join(supervisor->workers[i]);
        supervisor->workers[i] = NULL;
        supervisor->running--;
    }
    if (supervisor->running == 0)
        close_all(supervisor);
}

static bool open_trail(struct supervisor *supervisor)
{
    static const enum trail_format formats[] = {
        [ACCESS_JSON] = TRAIL_JSON, [ACCESS_COMBINED] = TRAIL_COMBINED, [ACCESS_COMMON] = TRAIL_COMMON};
    const struct config *config = supervisor->config;
    if (config->access_log.path.len == 0)
        return true;
    supervisor->trail_sink = trail_sink_open(config->access_log.path.at, formats[config->access_log.format]);
    supervisor->state.access_log = supervisor->trail_sink;
    if (supervisor->trail_sink != NULL)
        return true;
    log_write(LOG_ERROR, "access_log.path: cannot open %s: %s", config->access_log.path.at, strerror(errno));
    return false;
}

static bool start_workers(struct supervisor *supervisor)
{
    struct worker_plan plan = {supervisor->snapshot, supervisor->trail_sink, &supervisor->sockets,
                               &supervisor->ended};
    supervisor->workers = calloc(supervisor->config->workers, sizeof(struct worker *));
    if (supervisor->workers == NULL)
        return false;
    for (unsigned i = 0; i < supervisor->config->workers; i++) {
        int error = 0;
        supervisor->workers[i] = worker_start(&plan, i, &error);
        if (supervisor->workers[i] == NULL) {
            log_write(LOG_ERROR, "worker %u cannot start: %s", i, uv_strerror(error));
            return false;
        }
        supervisor->running++;
    }
    return true;
}

static void config_release(void *config)
{
    config_free(config);
}

static bool open_log(const struct config *config)
{
    if (log_open(config->log.level, config->log.format, config->log.path.at))
        return true;
    log_write(LOG_ERROR, "log.path: cannot open %s: %s", config->log.path.at, strerror(errno));
    return false;
}

static bool start(struct supervisor *supervisor)
{
    struct config *config = supervisor->config;
    const struct admin_settings admin = {config->admin.listen, config->admin.token};
    raise_descriptor_limit();
    return_memory();
    if (uv_loop_init(&supervisor->uv) != 0 ||
        uv_async_init(&supervisor->uv, &supervisor->ended, on_worker_ended) != 0)
        return false;
    supervisor->ended.data = supervisor;
    supervisor->snapshot = snapshot_new(&config->serve, config_release, config);
    if (supervisor->snapshot != NULL)
        supervisor->snapshot->generation = 1;
    return supervisor->snapshot != NULL && hear_signals(supervisor) &&
           sockets_open(&supervisor->sockets, &config->serve, config->workers) && open_trail(supervisor) &&
           desk_open(&supervisor->desk, &supervisor->uv, &admin, &supervisor->state, supervisor->snapshot) &&
           start_workers(supervisor);
}

static void clear(struct supervisor *supervisor)
{
    desk_clear(&supervisor->desk);
    uv_loop_close(&supervisor->uv);
    sockets_clear(&supervisor->sockets, true);
    trail_sink_close(supervisor->trail_sink, LOG_LIMIT_MS);
    free(supervisor->workers);
    snapshot_unref(supervisor->snapshot);
}

int supervise(struct config *config, void (*started)(void))
{
    static struct supervisor supervisor;
    supervisor.config = config;
    if (!open_log(config) || !start(&supervisor))
        _exit(1); /* said why; what was opened ends with the process */
    atomic_store(&supervisor.state.ready, true);
    log_write(LOG_INFO, "weir " WEIR_VERSION " serves with %u workers", config->workers);
    if (started != NULL)
        started();
    uv_run(&supervisor.uv, UV_RUN_DEFAULT);
    clear(&supervisor);
    return 0;
}
