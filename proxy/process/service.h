/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service is what a config stands for while it is in force: a snapshot, listening sockets, workers, the access log, and
 * the desk. It is started with one config and goes on with others. All functions are the control thread's.
 */
#ifndef PROCESS_SERVICE_H
#define PROCESS_SERVICE_H

#include "admin/gauges.h"
#include "conf/config.h"
#include "process/desk.h"
#include "process/worker.h"

struct service {
    struct config *config; /* in force; owned by the snapshot */
    struct snapshot *snapshot;
    struct sockets sockets;
    struct trail_sink *trail_sink;
    struct admin_state state;
    struct desk desk;
    struct gauges gauges;
    uv_loop_t *uv;
    uv_async_t ended; /* a worker has */
    struct worker **workers;
    unsigned worker_count; /* from the first config: for good */
    unsigned running;
    bool handed_over;
    void (*on_end)(void *owner); /* no worker runs any more */
    void *owner;
};

/* Opens sockets, becomes the config's user, and starts workers; takes over the config. False after having said why: the
 * process then ends. */
bool service_start(struct service *service, uv_loop_t *uv, struct config *config);

/* Goes on with another config, which it takes over. False when it can't: *why says why, and nothing has changed. */
bool service_renew(struct service *service, struct config *config, struct buffer *why);

/* Accepts nothing more; what still runs after limit ms is cut off. on_end is called in the end. */
void service_drain(struct service *service, uint64_t limit);

/* Counts an attempt to renew. */
void service_count_reload(struct service *service, bool renewed);

/* Opens the files of the logs again. */
void service_reopen_logs(struct service *service);

/* Numbers of all listening descriptors, to be given to another process: as sockets_list. */
size_t service_sockets(const struct service *service, int *fds, size_t most);

/* Another process has the listening sockets: what is at their addresses is its own. */
void service_hand_over(struct service *service);

/* After on_end: closes what is the control thread's. service_clear once uv_run has ended. */
void service_close(struct service *service);
void service_clear(struct service *service);

#endif
