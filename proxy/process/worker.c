/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/panic.h"
#include "exchange/front.h"
#include "net/pulse.h"
#include "net/tcp.h"

/* How often a drain looks whether everything is gone. */
enum { PROGRESS_MS = 10 };

struct worker {
    struct worker_plan plan;
    unsigned index;
    uv_thread_t thread;
    uv_sem_t started;
    int error;                    /* read after started */
    _Atomic uint64_t drain_limit; /* ms; set before drain is sent */
    atomic_bool ended;

    /* the thread's own */
    uv_loop_t uv;
    uv_async_t drain;
    uv_timer_t limit;    /* of draining */
    uv_timer_t progress; /* while draining: is everything gone? */
    struct loop loop;
    struct pulse pulse;
    struct lane lane;
    struct front **fronts;
    size_t front_count;
    bool cleared; /* fronts and lane are gone; links may still be closing */
};

static void close_handles(struct worker *worker)
{
    uv_timer_stop(&worker->progress);
    uv_close((uv_handle_t *)&worker->progress, NULL);
    uv_close((uv_handle_t *)&worker->limit, NULL);
    uv_close((uv_handle_t *)&worker->drain, NULL);
    pulse_stop(&worker->pulse);
}

static bool fronts_are_empty(const struct worker *worker)
{
    for (size_t i = 0; i < worker->front_count; i++)
        if (!front_is_empty(worker->fronts[i]))
            return false;
    return worker->lane.running_count == 0;
}

static void clear_lane(struct worker *worker)
{
    for (size_t i = 0; i < worker->front_count; i++)
        front_free(worker->fronts[i]);
    free(worker->fronts);
    trail_free(worker->lane.trail);
    lane_clear(&worker->lane);
    worker->cleared = true;
}

/* Every PROGRESS_MS of a drain. Links to backends that wait for their peer's FIN are the last to go. */
static void on_progress(uv_timer_t *progress)
{
    struct worker *worker = progress->data;
    if (!worker->cleared && fronts_are_empty(worker))
        clear_lane(worker);
    if (worker->cleared && tcp_count() == 0)
        close_handles(worker);
}

static void on_limit(uv_timer_t *limit)
{
    struct worker *worker = limit->data;
    if (worker->cleared)
        return;
    log_write(LOG_WARN, "worker %u: the time to drain is over, %zu requests are cut off", worker->index,
              worker->lane.running_count);
    for (size_t i = 0; i < worker->front_count; i++)
        front_close(worker->fronts[i]);
}

static void on_drain(uv_async_t *drain)
{
    struct worker *worker = drain->data;
    if (uv_is_active((uv_handle_t *)&worker->progress))
        return;
    for (size_t i = 0; i < worker->front_count; i++)
        front_drain(worker->fronts[i]);
    uv_timer_start(&worker->progress, on_progress, 0, PROGRESS_MS);
    uv_timer_start(&worker->limit, on_limit, atomic_load(&worker->drain_limit), 0);
}

static int start_fronts(struct worker *worker)
{
    struct snapshot *snapshot = worker->plan.snapshot;
    worker->fronts = calloc(snapshot->settings->front_count + 1, sizeof(struct front *));
    if (worker->fronts == NULL)
        return UV_ENOMEM;
    for (size_t i = 0; i < snapshot->settings->front_count; i++) {
        int error = 0;
        struct front *front = front_start(&worker->lane, &snapshot->fronts[i],
                                          sockets_of(worker->plan.sockets, worker->index, i), &error);
        if (front == NULL)
            return error;
        worker->fronts[worker->front_count++] = front;
        if (error != 0)
            return error;
    }
    return 0;
}

static int start_handles(struct worker *worker)
{
    int error = uv_async_init(&worker->uv, &worker->drain, on_drain);
    if (error == 0)
        error = uv_timer_init(&worker->uv, &worker->limit);
    if (error == 0)
        error = uv_timer_init(&worker->uv, &worker->progress);
    if (error == 0)
        error = pulse_start(&worker->pulse, &worker->loop);
    worker->drain.data = worker->limit.data = worker->progress.data = worker;
    return error;
}

/* A tenth of all descriptors, at most 256, is kept for backends, logs and the admin API. */
static int descriptors_for_clients(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        return 0;
    rlim_t kept = limit.rlim_cur / 10 < 256 ? limit.rlim_cur / 10 : 256;
    return (int)(limit.rlim_cur - kept);
}

static int serve(struct worker *worker)
{
    loop_init(&worker->loop, cells_new());
    worker->loop.uv = &worker->uv;
    worker->loop.fd_limit = descriptors_for_clients();
    if (worker->loop.cells == NULL || !lane_init(&worker->lane, &worker->loop, worker->plan.snapshot))
        return UV_ENOMEM;
    if (worker->plan.trail_sink != NULL)
        worker->lane.trail = trail_new(worker->plan.trail_sink, &worker->loop);
    int error = start_handles(worker);
    return error != 0 ? error : start_fronts(worker);
}

static void worker_main(void *arg)
{
    struct worker *worker = arg;
    worker->error = uv_loop_init(&worker->uv);
    if (worker->error == 0)
        worker->error = serve(worker);
    uv_sem_post(&worker->started);
    if (worker->error != 0)
        return; /* the process ends with a message */
    uv_run(&worker->uv, UV_RUN_DEFAULT);
    loop_clear(&worker->loop);
    cells_free(worker->loop.cells);
    int busy = uv_loop_close(&worker->uv);
    ASSERT(busy == 0);
    atomic_store(&worker->ended, true);
    uv_async_send(worker->plan.ended);
}

/* Signals are the control thread's: a thread takes its mask from its maker. */
static int start_thread(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = uv_thread_create(&worker->thread, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct worker *worker_start(const struct worker_plan *plan, unsigned index, int *error)
{
    struct worker *worker = calloc(1, sizeof *worker);
    *error = UV_ENOMEM;
    if (worker == NULL)
        return NULL;
    worker->plan = *plan;
    worker->index = index;
    uv_sem_init(&worker->started, 0);
    *error = start_thread(worker);
    if (*error == 0) {
        uv_sem_wait(&worker->started);
        *error = worker->error;
        if (*error == 0)
            return worker;
        uv_thread_join(&worker->thread);
    }
    uv_sem_destroy(&worker->started);
    free(worker);
    return NULL;
}

void worker_drain(struct worker *worker, uint64_t limit)
{
    atomic_store(&worker->drain_limit, limit);
    uv_async_send(&worker->drain);
}

bool worker_has_ended(const struct worker *worker)
{
    return atomic_load(&worker->ended);
}

void worker_join(struct worker *worker)
{
    uv_thread_join(&worker->thread);
    uv_sem_destroy(&worker->started);
    free(worker);
}
