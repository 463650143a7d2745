/* SPDX-License-Identifier: Apache-2.0 */
#include "process/succession.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/handover.h"
#include "process/notify.h"

/* How long the new binary may take until it serves. */
enum { PATIENCE_S = 60 };

/* Only now may there be another one. */
static void on_closed(uv_handle_t *word)
{
    struct succession *succession = word->data;
    close(succession->fd);
    succession->fd = -1;
}

static void forget(struct succession *succession)
{
    uv_timer_stop(&succession->patience);
    uv_close((uv_handle_t *)&succession->word, on_closed);
}

static void on_patience(uv_timer_t *timer)
{
    struct succession *succession = timer->data;
    log_write(LOG_ERROR, "the new binary does not serve after %d s: it is ended, this one goes on",
              PATIENCE_S);
    kill(succession->child, SIGTERM);
    forget(succession);
}

static void on_word(uv_poll_t *word, int status, int events)
{
    struct succession *succession = word->data;
    (void)status;
    (void)events;
    enum handover_state state = handover_hear(succession->fd);
    if (state == HANDOVER_WAITS)
        return;
    forget(succession);
    if (state == HANDOVER_FAILED) {
        log_write(LOG_ERROR, "the new binary ended before it served: this one goes on");
        return;
    }
    log_write(LOG_INFO, "the new binary serves, as process %d", (int)succession->child);
    notify_main_process(succession->child);
    succession->serves(succession->owner);
}

int succession_init(struct succession *succession, uv_loop_t *uv)
{
    succession->fd = -1;
    succession->patience.data = succession;
    return uv_timer_init(uv, &succession->patience);
}

static void listen_to(struct succession *succession)
{
    uv_poll_init(succession->patience.loop, &succession->word, succession->fd);
    succession->word.data = succession;
    uv_poll_start(&succession->word, UV_READABLE, on_word);
    uv_timer_start(&succession->patience, on_patience, PATIENCE_S * 1000, 0);
}

void succession_begin(struct succession *succession, const int *fds, size_t count)
{
    struct handover plan = {fds, count, notify_environment()};
    if (succession->fd >= 0 || getpid() == 1) {
        log_write(LOG_WARN, "no hand-over to a new binary: %s",
                  getpid() == 1 ? "weir is PID 1, whose end is the container's" : "one is under way");
        return;
    }
    succession->fd = handover_start(&plan, &succession->child);
    if (succession->fd >= 0)
        listen_to(succession);
    else
        log_write(LOG_ERROR, "the new binary cannot be started: %s", strerror(errno));
}

void succession_stop(struct succession *succession)
{
    if (succession->fd >= 0 && !uv_is_closing((uv_handle_t *)&succession->word))
        forget(succession);
    uv_close((uv_handle_t *)&succession->patience, NULL);
}
