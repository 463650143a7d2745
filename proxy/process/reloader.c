/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reloader.h"

#include <inttypes.h>
#include <malloc.h>

#include "base/log.h"
#include "process/notify.h"

/* Without a place in the file. */
static void add_problem(struct reloader *reloader, struct problems *problems, struct text sentence)
{
    const char *path = reloader->path != NULL ? reloader->path : "weir";
    problem_add(problems, (struct place){path, 1, 1}, "%.*s", TEXT_ARGS(sentence));
}

static bool renew(struct reloader *reloader, struct config *config, struct problems *problems)
{
    struct buffer why = BUFFER_EMPTY;
    bool renewed = service_renew(reloader->service, config, &why);
    if (!renewed)
        add_problem(reloader, problems, buffer_text(&why));
    buffer_clear(&why);
    return renewed;
}

static bool load_and_renew(struct reloader *reloader, struct problems *problems)
{
    struct file_list seen;
    file_list_init(&seen);
    struct config *config = config_load(reloader->path, problems, &seen);
    watch_set(&reloader->watch, &seen);
    return config != NULL && renew(reloader, config, problems);
}

static void log_problems(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        log_write(problem->severity == SEVERITY_WARNING ? LOG_WARN : LOG_ERROR, "%s:%u:%u: %s",
                  problem->place.file, problem->place.line, problem->place.column, problem->message.at);
    }
}

static void conclude(struct service *service, bool renewed)
{
    service_count_reload(service, renewed);
    if (renewed)
        log_write(LOG_INFO, "reloaded: config %" PRIu64 " is in force", service->snapshot->generation);
    else
        log_write(LOG_ERROR, "not reloaded, for the reasons above: the old config goes on");
    malloc_trim(0);
}

/* NULL: it may be. */
static const char *forbids(const struct reloader *reloader)
{
    if (reloader->path == NULL)
        return "there is no config file to read again";
    return atomic_load(&reloader->service->state.draining) ? "weir is draining" : NULL;
}

bool reloader_run(struct reloader *reloader, struct problems *problems)
{
    const char *reason = forbids(reloader);
    bool renewed = false;
    notify_reloading();
    if (reason != NULL)
        add_problem(reloader, problems, text_of(reason));
    else
        renewed = load_and_renew(reloader, problems);
    log_problems(problems);
    conclude(reloader->service, renewed);
    notify_ready();
    return renewed;
}

static void on_changed(void *owner)
{
    struct problems problems;
    problems_init(&problems);
    log_write(LOG_INFO, "the config has changed on disk");
    reloader_run(owner, &problems);
    problems_clear(&problems);
}

int reloader_start(struct reloader *reloader, struct service *service, const char *path,
                   struct file_list *seen)
{
    reloader->service = service;
    reloader->path = path;
    int error = watch_start(&reloader->watch, service->uv, on_changed, reloader);
    if (error == 0 && seen != NULL)
        watch_set(&reloader->watch, seen);
    return error;
}

void reloader_stop(struct reloader *reloader)
{
    watch_stop(&reloader->watch);
}
