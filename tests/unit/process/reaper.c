/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/reaper.h"

enum { CHILDREN = 50, LIMIT_MS = 10000 };

static void on_limit(uv_timer_t *limit)
{
    uv_stop(limit->loop);
}

/* Until nobody is left to wait for. */
static void run_until_childless(uv_loop_t *loop)
{
    uv_timer_t limit;
    siginfo_t nobody;
    uv_timer_init(loop, &limit);
    uv_timer_start(&limit, on_limit, LIMIT_MS, 0);
    uint64_t end = uv_now(loop) + LIMIT_MS;
    while (waitid(P_ALL, 0, &nobody, WEXITED | WNOHANG | WNOWAIT) == 0 && uv_now(loop) < end)
        uv_run(loop, UV_RUN_ONCE);
    assert_int_equal(waitid(P_ALL, 0, &nobody, WEXITED | WNOHANG | WNOWAIT), -1);
    assert_int_equal(errno, ECHILD);
    uv_close((uv_handle_t *)&limit, NULL);
}

static void stop(struct reaper *reaper, uv_loop_t *loop)
{
    reaper_stop(reaper);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void every_zombie_goes_also_when_many_end_at_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct reaper reaper = {0};
    int gate[2];
    char byte;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(reaper_start(&reaper, &loop), 0);
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0) {
            close(gate[1]);
            _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
        }
    close(gate[0]);
    close(gate[1]);
    run_until_childless(&loop);
    stop(&reaper, &loop);
}

static void orphans_of_others_go_too(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct reaper reaper = {0};
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* as PID 1 is one */
    assert_int_equal(reaper_start(&reaper, &loop), 0);
    if (fork() == 0)
        _exit(fork() < 0);
    run_until_childless(&loop);
    stop(&reaper, &loop);
}

static void who_ended_before_goes_at_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct reaper reaper = {0};
    siginfo_t ended;
    assert_int_equal(uv_loop_init(&loop), 0);
    if (fork() == 0)
        _exit(3);
    assert_int_equal(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    assert_int_equal(reaper_start(&reaper, &loop), 0);
    run_until_childless(&loop);
    stop(&reaper, &loop);
}

static void one_that_never_started_may_be_stopped(void **state)
{
    (void)state;
    struct reaper reaper = {0};
    reaper_stop(&reaper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_zombie_goes_also_when_many_end_at_once),
        cmocka_unit_test(orphans_of_others_go_too),
        cmocka_unit_test(who_ended_before_goes_at_once),
        cmocka_unit_test(one_that_never_started_may_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
