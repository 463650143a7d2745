/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/panic.h"
#include "net/pulse.h"
#include "net/tcp.h"
#include "process/mail.h"

/* How often a drain looks whether everything is gone. */
enum { PROGRESS_MS = 10 };

struct worker {
    struct worker_plan plan;
    unsigned index;
    uv_thread_t thread;
    uv_sem_t started;
    uv_async_t *ended_async;
    int error; /* read after started */
    struct mail mail;
    atomic_bool ended;

    /* the thread's own */
    uv_loop_t uv;
    uv_async_t post;     /* there is mail */
    uv_timer_t limit;    /* of draining */
    uv_timer_t progress; /* while draining: is everything gone? */
    struct loop loop;
    struct pulse pulse;
    struct lane lane;
    bool cleared; /* the lane is gone; links may still be closing */
};

static void close_handles(struct worker *worker)
{
    uv_timer_stop(&worker->progress);
    uv_close((uv_handle_t *)&worker->progress, NULL);
    uv_close((uv_handle_t *)&worker->limit, NULL);
    uv_close((uv_handle_t *)&worker->post, NULL);
    pulse_stop(&worker->pulse);
}

static bool is_empty(const struct worker *worker)
{
    return list_is_empty(&worker->lane.fronts) && worker->lane.running_count == 0;
}

static void clear_lane(struct worker *worker)
{
    trail_free(worker->lane.trail);
    lane_clear(&worker->lane);
    worker->cleared = true;
}

/* Every PROGRESS_MS of a drain. Links to backends that wait for their peer's FIN are the last to go. */
static void on_progress(uv_timer_t *progress)
{
    struct worker *worker = progress->data;
    if (!worker->cleared && is_empty(worker))
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
    fronts_close(&worker->lane);
}

static void drain(struct worker *worker, uint64_t limit)
{
    if (uv_is_active((uv_handle_t *)&worker->progress))
        return;
    fronts_drain(&worker->lane);
    uv_timer_start(&worker->progress, on_progress, 0, PROGRESS_MS);
    uv_timer_start(&worker->limit, on_limit, limit, 0);
}

static bool take_trail(struct worker *worker, struct trail_sink *sink)
{
    struct trail *trail = sink != NULL ? trail_new(sink, &worker->loop) : NULL;
    if (sink != NULL && trail == NULL)
        return false;
    trail_free(worker->lane.trail);
    worker->lane.trail = trail;
    worker->plan.trail_sink = sink;
    return true;
}

static int adopt(struct worker *worker, const struct worker_plan *plan)
{
    struct socket_share share = sockets_share(plan->sockets, worker->index);
    if (plan->trail_sink != worker->plan.trail_sink && !take_trail(worker, plan->trail_sink))
        return UV_ENOMEM;
    if (plan->snapshot == worker->lane.view->snapshot)
        return 0;
    return lane_adopt(&worker->lane, plan->snapshot) ? fronts_renew(&worker->lane, &share.source) : UV_ENOMEM;
}

static void answer_plan(struct worker *worker, const struct worker_plan *plan)
{
    int error = worker->cleared ? UV_ESHUTDOWN : adopt(worker, plan);
    snapshot_unref(plan->snapshot);
    mail_answer(&worker->mail, error);
}

static void on_post(uv_async_t *post)
{
    struct worker *worker = post->data;
    struct letter letter = mail_take(&worker->mail);
    if (letter.plan.snapshot != NULL)
        answer_plan(worker, &letter.plan);
    if (letter.refresh && !worker->cleared)
        lane_refresh(&worker->lane);
    if (letter.drain_limit > 0)
        drain(worker, letter.drain_limit);
}

static int start_handles(struct worker *worker)
{
    int error = uv_async_init(&worker->uv, &worker->post, on_post);
    if (error == 0)
        error = uv_timer_init(&worker->uv, &worker->limit);
    if (error == 0)
        error = uv_timer_init(&worker->uv, &worker->progress);
    if (error == 0)
        error = pulse_start(&worker->pulse, &worker->loop);
    worker->post.data = worker->limit.data = worker->progress.data = worker;
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
    worker->loop.number = worker->index;
    worker->loop.fd_limit = descriptors_for_clients();
    if (worker->loop.cells == NULL || !lane_init(&worker->lane, &worker->loop, worker->plan.snapshot))
        return UV_ENOMEM;
    struct socket_share share = sockets_share(worker->plan.sockets, worker->index);
    int error = take_trail(worker, worker->plan.trail_sink) ? start_handles(worker) : UV_ENOMEM;
    return error != 0 ? error : fronts_renew(&worker->lane, &share.source);
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
    uv_async_send(worker->ended_async);
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

static struct worker *worker_new(const struct worker_plan *plan, unsigned index, uv_async_t *ended)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->plan = *plan;
    worker->index = index;
    worker->ended_async = ended;
    uv_sem_init(&worker->started, 0);
    mail_init(&worker->mail);
    return worker;
}

static void worker_free(struct worker *worker)
{
    uv_sem_destroy(&worker->started);
    mail_clear(&worker->mail);
    free(worker);
}

struct worker *worker_start(const struct worker_plan *plan, unsigned index, uv_async_t *ended, int *error)
{
    struct worker *worker = worker_new(plan, index, ended);
    *error = UV_ENOMEM;
    if (worker == NULL)
        return NULL;
    *error = start_thread(worker);
    if (*error == 0) {
        uv_sem_wait(&worker->started);
        *error = worker->error;
        if (*error == 0)
            return worker;
        uv_thread_join(&worker->thread);
    }
    worker_free(worker);
    return NULL;
}

int worker_adopt(struct worker *worker, const struct worker_plan *plan)
{
    return mail_send_plan(&worker->mail, plan, &worker->post);
}

void worker_refresh(struct worker *worker)
{
    mail_send_refresh(&worker->mail, &worker->post);
}

void worker_drain(struct worker *worker, uint64_t limit)
{
    mail_send_drain(&worker->mail, limit, &worker->post);
}

bool worker_has_ended(const struct worker *worker)
{
    return atomic_load(&worker->ended);
}

void worker_join(struct worker *worker)
{
    uv_thread_join(&worker->thread);
    worker_free(worker);
}
