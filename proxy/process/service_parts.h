/* SPDX-License-Identifier: Apache-2.0 */
/* What starting (service.c) and renewing (service_renew.c) a service have in common; nobody else includes this. */
#ifndef PROCESS_SERVICE_PARTS_H
#define PROCESS_SERVICE_PARTS_H

#include "process/service.h"

/* How long the access log may take to write what it has when it ends. */
enum { LOG_LIMIT_MS = 1000 };

/* Each answers false or NULL with *why. */
bool service_open_log(const struct config *config, struct buffer *why);
struct trail_sink *service_open_trail(const struct config *config, struct buffer *why);
struct snapshot *service_snapshot(struct config *config, uint64_t generation, struct buffer *why);
bool service_prepare_desk(struct service *service, const struct config *config, struct snapshot *snapshot,
                          struct buffer *why);

/* What workers are to serve. */
struct worker_plan service_plan(struct service *service);

/* What the admin API shows of the config in force. */
void service_show(struct service *service);

/* Upstreams as the config in force has them. */
void service_look_after(struct service *service);

#endif
