/* SPDX-License-Identifier: Apache-2.0 */
#include "process/service_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "exchange/trail.h"
#include "process/privileges.h"

static void on_worker_ended(uv_async_t *ended)
{
    struct service *service = ended->data;
    for (unsigned i = 0; i < service->worker_count; i++) {
        if (service->workers[i] == NULL || !worker_has_ended(service->workers[i]))
            continue;
        worker_join(service->workers[i]);
        service->workers[i] = NULL;
        service->running--;
    }
    if (service->running == 0)
        service->on_end(service->owner);
}

struct trail_sink *service_open_trail(const struct config *config, struct buffer *why)
{
    static const enum trail_format formats[] = {
        [ACCESS_JSON] = TRAIL_JSON, [ACCESS_COMBINED] = TRAIL_COMBINED, [ACCESS_COMMON] = TRAIL_COMMON};
    const char *path = config->access_log.path.at;
    struct trail_sink *sink = trail_sink_open(path, formats[config->access_log.format]);
    if (sink == NULL)
        buffer_printf(why, "access_log.path: cannot open %s: %s", path, strerror(errno));
    return sink;
}

bool service_open_log(const struct config *config, struct buffer *why)
{
    if (log_open(config->log.level, config->log.format, config->log.path.at))
        return true;
    buffer_printf(why, "log.path: cannot open %s: %s", config->log.path.at, strerror(errno));
    return false;
}

static void config_release(void *config)
{
    config_free(config);
}

struct snapshot *service_snapshot(struct config *config, uint64_t generation, struct buffer *why)
{
    struct snapshot *snapshot = snapshot_new(&config->serve, config_release, config);
    if (snapshot == NULL)
        buffer_printf(why, "out of memory");
    else
        snapshot->generation = generation;
    return snapshot;
}

struct worker_plan service_plan(struct service *service)
{
    return (struct worker_plan){service->snapshot, service->trail_sink, &service->sockets};
}

static bool start_workers(struct service *service, struct buffer *why)
{
    struct worker_plan plan = service_plan(service);
    for (unsigned i = 0; i < service->worker_count; i++) {
        int error = 0;
        service->workers[i] = worker_start(&plan, i, &service->ended, &error);
        if (service->workers[i] == NULL) {
            buffer_printf(why, "worker %u cannot start: %s", i, uv_strerror(error));
            return false;
        }
        service->running++;
    }
    sockets_settle(&service->sockets);
    return true;
}

static void refresh_workers(void *owner)
{
    struct service *service = owner;
    for (unsigned i = 0; i < service->worker_count; i++)
        if (service->workers[i] != NULL)
            worker_refresh(service->workers[i]);
}

void service_look_after(struct service *service)
{
    const struct snapshot_settings *settings = &service->config->serve;
    stewards_follow(&service->desk.stewards, service->snapshot->clusters, settings->clusters,
                    settings->cluster_count);
}

bool service_prepare_desk(struct service *service, const struct config *config, struct snapshot *snapshot,
                          struct buffer *why)
{
    const struct admin_settings admin = {.listen = config->admin.listen,
                                         .token = config->admin.token,
                                         .probes = config->admin.probes,
                                         .hosts = config->admin.hosts,
                                         .host_count = config->admin.host_count};
    return desk_prepare(&service->desk, &admin, snapshot, why);
}

void service_show(struct service *service)
{
    service->state.generation = service->snapshot->generation;
    service->state.config = service->config->effective.json;
    service->state.config_hash = service->config->effective.hash;
    service->state.serve = &service->config->serve;
    service->state.access_log = service->trail_sink;
}

static bool open_desk(struct service *service, struct buffer *why)
{
    if (!desk_open(&service->desk, service->uv, &service->config->resolver, &service->state)) {
        buffer_printf(why, "the control thread cannot start: out of memory");
        return false;
    }
    if (!service_prepare_desk(service, service->config, service->snapshot, why))
        return false;
    service->desk.stewards.changed = refresh_workers;
    service->desk.stewards.owner = service;
    gauges_add(&service->gauges, &service->state);
    service_show(service);
    service_look_after(service);
    desk_renew(&service->desk);
    return true;
}

static bool prepare(struct service *service, struct buffer *why)
{
    struct config *config = service->config;
    service->worker_count = config->workers;
    service->workers = calloc(config->workers, sizeof(struct worker *));
    service->ended.data = service;
    sockets_init(&service->sockets, config->workers);
    service->snapshot = service_snapshot(config, 1, why);
    if (service->workers == NULL || service->snapshot == NULL ||
        uv_async_init(service->uv, &service->ended, on_worker_ended) != 0 ||
        !sockets_want(&service->sockets, &config->serve, why))
        return false;
    if (config->access_log.path.len == 0)
        return true;
    service->trail_sink = service_open_trail(config, why);
    return service->trail_sink != NULL;
}

static bool become_user(const struct config *config)
{
    privileges_give(config->user.at, config->log.path.at);
    privileges_give(config->user.at, config->access_log.path.at);
    return privileges_drop(config->user.at);
}

bool service_start(struct service *service, uv_loop_t *uv, struct config *config)
{
    struct buffer why = BUFFER_EMPTY;
    service->uv = uv;
    service->config = config;
    if (service_open_log(config, &why) && prepare(service, &why) && open_desk(service, &why) &&
        become_user(config) && start_workers(service, &why)) {
        atomic_store(&service->state.ready, true);
        return true;
    }
    if (why.len > 0) /* else it has been said already */
        log_write(LOG_ERROR, "%.*s", TEXT_ARGS(buffer_text(&why)));
    buffer_clear(&why);
    return false;
}

void service_drain(struct service *service, uint64_t limit)
{
    atomic_store(&service->state.draining, true);
    for (unsigned i = 0; i < service->worker_count; i++)
        if (service->workers[i] != NULL)
            worker_drain(service->workers[i], limit);
}

void service_count_reload(struct service *service, bool renewed)
{
    const char *result = renewed ? "result=\"ok\"" : "result=\"failed\"";
    atomic_store(&service->state.reload_failed, !renewed);
    cells_add(service->desk.loop.cells, counter_register(METRIC(config_reloads), result), 1);
}

/* With errno of the attempt. */
static bool tell_reopened(bool opened, const char *key, struct text path)
{
    if (!opened)
        log_write(LOG_ERROR, "%s.path: cannot open %.*s again: %s; the old file stays", key, TEXT_ARGS(path),
                  strerror(errno));
    return opened;
}

void service_reopen_logs(struct service *service)
{
    const struct config *config = service->config;
    bool log = tell_reopened(log_open(log_level(), config->log.format, config->log.path.at), "log",
                             config->log.path);
    bool access = service->trail_sink == NULL || tell_reopened(trail_sink_reopen(service->trail_sink),
                                                               "access_log", config->access_log.path);
    if (log && access)
        log_write(LOG_INFO, "logs are reopened");
}

size_t service_sockets(const struct service *service, int *fds, size_t most)
{
    size_t count = sockets_list(&service->sockets, fds, most);
    size_t rest = count < most ? most - count : 0;
    return count + sockets_list(&service->desk.sockets, fds + count, rest);
}

void service_hand_over(struct service *service)
{
    service->handed_over = true;
    desk_drain(&service->desk);
}

void service_close(struct service *service)
{
    uv_close((uv_handle_t *)&service->ended, NULL);
    desk_close(&service->desk);
}

void service_clear(struct service *service)
{
    gauges_remove(&service->gauges);
    desk_clear(&service->desk, !service->handed_over);
    sockets_clear(&service->sockets, !service->handed_over);
    if (service->trail_sink != NULL)
        trail_sink_close(service->trail_sink, LOG_LIMIT_MS);
    free(service->workers);
    snapshot_unref(service->snapshot);
}
