/* SPDX-License-Identifier: Apache-2.0 */
/* How a service goes on with another config: first all that can fail, then nothing that can. */
#include "base/log.h"
#include "exchange/trail.h"
#include "process/service_parts.h"

static bool same_trail(const struct config *a, const struct config *b)
{
    return text_equal(a->access_log.path, b->access_log.path) && a->access_log.format == b->access_log.format;
}

/* What can fail, before anything has changed. */
struct renewal {
    struct config *config;
    struct snapshot *snapshot;
    struct trail_sink *trail_sink;
};

/* The last one: a log that has moved doesn't move back. */
static bool prepare_log(const struct config *before, const struct config *after, struct buffer *why)
{
    bool same = text_equal(before->log.path, after->log.path) && before->log.format == after->log.format;
    return same || service_open_log(after, why);
}

static bool renewal_prepare(struct service *service, struct renewal *renewal, struct buffer *why)
{
    struct config *config = renewal->config;
    renewal->snapshot = service_snapshot(config, service->snapshot->generation + 1, why);
    if (renewal->snapshot == NULL || !sockets_want(&service->sockets, &config->serve, why))
        return false;
    if (same_trail(service->config, config))
        renewal->trail_sink = service->trail_sink;
    else if (config->access_log.path.len > 0)
        renewal->trail_sink = service_open_trail(config, why);
    if (renewal->trail_sink == NULL && config->access_log.path.len > 0)
        return false;
    return service_prepare_desk(service, config, renewal->snapshot, why) &&
           prepare_log(service->config, config, why);
}

static void renewal_drop(struct service *service, struct renewal *renewal)
{
    struct buffer none = BUFFER_EMPTY;
    desk_forget(&service->desk);
    sockets_want(&service->sockets, &service->config->serve, &none); /* all of them are open */
    sockets_settle(&service->sockets);
    buffer_clear(&none);
    if (renewal->trail_sink != NULL && renewal->trail_sink != service->trail_sink)
        trail_sink_close(renewal->trail_sink, LOG_LIMIT_MS);
    if (renewal->snapshot != NULL)
        snapshot_unref(renewal->snapshot);
    else
        config_free(renewal->config);
}

/* Settings that the running process can't take over. */
static void tell_restart_only(const struct service *service, const struct config *config)
{
    if (config->workers != service->worker_count)
        log_write(LOG_WARN,
                  "workers changed from %u to %u: this needs a restart, the rest of the config is in force",
                  service->worker_count, config->workers);
    if (!text_equal(config->user, service->config->user))
        log_write(LOG_WARN, "user changed: this needs a restart, the rest of the config is in force");
}

/* True when every worker has taken over, so that what it had before is free. */
static bool adopt(struct service *service)
{
    struct worker_plan plan = service_plan(service);
    bool complete = true;
    for (unsigned i = 0; i < service->worker_count; i++) {
        int error = service->workers[i] != NULL ? worker_adopt(service->workers[i], &plan) : 0;
        if (error == 0)
            continue;
        complete = false;
        log_write(LOG_ERROR, "worker %u cannot take over the whole config: %s", i, uv_strerror(error));
    }
    return complete;
}

static bool same_resolver(const struct resolver_settings *a, const struct resolver_settings *b)
{
    bool same = a->server_count == b->server_count && a->timeout == b->timeout && a->attempts == b->attempts;
    for (size_t i = 0; same && i < a->server_count; i++)
        same = address_equal(&a->servers[i], &b->servers[i]);
    return same;
}

static void renewal_commit(struct service *service, struct renewal *renewal)
{
    struct snapshot *before = service->snapshot;
    struct trail_sink *sink_before = service->trail_sink;
    log_set_level(renewal->config->log.level);
    tell_restart_only(service, renewal->config);
    if (!same_resolver(&service->config->resolver, &renewal->config->resolver))
        desk_resolve(&service->desk, &renewal->config->resolver);
    service->config = renewal->config;
    service->snapshot = renewal->snapshot;
    service->trail_sink = renewal->trail_sink;
    service_show(service);
    service_look_after(service);
    bool complete = adopt(service);
    desk_renew(&service->desk);
    sockets_settle(&service->sockets);
    snapshot_unref(before);
    if (complete && sink_before != NULL && sink_before != service->trail_sink)
        trail_sink_close(sink_before, LOG_LIMIT_MS);
}

bool service_renew(struct service *service, struct config *config, struct buffer *why)
{
    struct renewal renewal = {.config = config};
    if (!renewal_prepare(service, &renewal, why)) {
        renewal_drop(service, &renewal);
        return false;
    }
    renewal_commit(service, &renewal);
    return true;
}
