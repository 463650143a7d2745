/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reaper.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"

/* One SIGCHLD may stand for many ends. */
static void reap(void)
{
    pid_t pid;
    int status = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR)) {
        if (pid > 0)
            log_write(LOG_DEBUG, "process %ld ended, %s %d", (long)pid,
                      WIFSIGNALED(status) ? "by signal" : "code",
                      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void on_child(uv_signal_t *child, int number)
{
    (void)child;
    (void)number;
    reap();
}

int reaper_start(struct reaper *reaper, uv_loop_t *loop)
{
    int error = uv_signal_init(loop, &reaper->child);
    if (error != 0)
        return error;
    reaper->begun = true;
    error = uv_signal_start(&reaper->child, on_child, SIGCHLD);
    uv_unref((uv_handle_t *)&reaper->child);
    reap();
    return error;
}

void reaper_stop(struct reaper *reaper)
{
    if (reaper->begun)
        uv_close((uv_handle_t *)&reaper->child, NULL);
    reaper->begun = false;
}
