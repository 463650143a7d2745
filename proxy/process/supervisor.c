/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/metrics.h"
#include "conf/problems.h"
#include "process/service.h"

/* How long requests that run may take to finish after TERM. */
enum { DRAIN_LIMIT_MS = 30000 };

enum { SIGNALS = 5 };

struct supervisor {
    struct service service;
    const char *path; /* of the config; NULL: it can't be read again */
    uv_loop_t uv;
    uv_signal_t signals[SIGNALS];
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
    log_write(LOG_INFO, "draining: no new connections, %u s for what runs", DRAIN_LIMIT_MS / 1000);
    service_drain(&supervisor->service, DRAIN_LIMIT_MS);
}

/* False with the problems that stand in the way; the running config then goes on. */
static bool renew(struct supervisor *supervisor, struct problems *problems)
{
    struct config *config = config_load(supervisor->path, problems);
    struct buffer why = BUFFER_EMPTY;
    if (config == NULL)
        return false;
    bool renewed = service_renew(&supervisor->service, config, &why);
    if (!renewed)
        problem_add(problems, (struct place){supervisor->path, 1, 1}, "%.*s", TEXT_ARGS(buffer_text(&why)));
    buffer_clear(&why);
    return renewed;
}

static void log_problems(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        log_write(problem->severity == SEVERITY_WARNING ? LOG_WARN : LOG_ERROR, "%s:%u:%u: %s",
                  problem->place.file, problem->place.line, problem->place.column, problem->message.at);
    }
}

static bool reload(struct supervisor *supervisor)
{
    struct problems problems;
    if (supervisor->path == NULL || supervisor->draining) {
        log_write(LOG_WARN, supervisor->draining ? "no reload: weir is draining"
                                                 : "no reload: there is no config file");
        return false;
    }
    problems_init(&problems);
    bool renewed = renew(supervisor, &problems);
    log_problems(&problems);
    if (renewed)
        log_write(LOG_INFO, "reloaded: config %llu is in force",
                  (unsigned long long)supervisor->service.snapshot->generation);
    else
        log_write(LOG_ERROR, "not reloaded: the config has the problems above, the old one goes on");
    problems_clear(&problems);
    cells_add(supervisor->service.desk.loop.cells,
              counter_register(METRIC(config_reloads), renewed ? "result=\"ok\"" : "result=\"failed\""), 1);
    malloc_trim(0);
    return renewed;
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

static void on_end(void *owner)
{
    struct supervisor *supervisor = owner;
    for (int i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&supervisor->signals[i], NULL);
    service_close(&supervisor->service);
}

static bool start(struct supervisor *supervisor, struct config *config)
{
    raise_descriptor_limit();
    return_memory();
    supervisor->service.on_end = on_end;
    supervisor->service.owner = supervisor;
    return uv_loop_init(&supervisor->uv) == 0 && hear_signals(supervisor) &&
           service_start(&supervisor->service, &supervisor->uv, config);
}

int supervise(struct config *config, const char *path, void (*started)(void))
{
    static struct supervisor supervisor;
    supervisor.path = path;
    if (!start(&supervisor, config))
        _exit(1); /* said why; what was opened ends with the process */
    log_write(LOG_INFO, "weir " WEIR_VERSION " serves with %u workers", supervisor.service.worker_count);
    if (started != NULL)
        started();
    uv_run(&supervisor.uv, UV_RUN_DEFAULT);
    service_clear(&supervisor.service);
    uv_loop_close(&supervisor.uv);
    return 0;
}
