/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upstreams as JSON, from the atomics of their endpoints and the counters of all loops:
 *
 * {"name":"app","balance":"round_robin","endpoints":[{"address":"127.0.0.1:80","weight":1,"backup":false,"state":"up",
 *  "healthy":true,"ejected":false,"active":0,"connections":{"active":0,"idle":2},"requests":17,"latency_ms":1.250,
 *  "ejections":0}]}
 *
 * state is the operator's (up, drain, down), healthy what checks found, latency_ms a moving average. Where the operator set
 * something, the endpoint has "set":{"added":true,"weight":5,"state":"down"}, as much of it as holds; the upstream has
 * "removed":["127.0.0.1:81"] for those that were taken out.
 */
#ifndef ADMIN_UPSTREAMS_H
#define ADMIN_UPSTREAMS_H

#include "admin/resource.h"

/* {"upstreams":[...]}, in the order of the config. */
struct stream *show_upstreams(const struct ask *ask);

/* The one of that name, or 404. */
struct stream *show_upstream(const struct ask *ask);

/* The one of that name; NULL: there is none. */
struct cluster *upstream_find(const struct snapshot *serving, struct text name);

/* No endpoint takes new requests: none is there, or all are sick, ejected, taken out or without weight. now in ms, as
 * loop->now. */
bool upstream_is_empty(struct cluster *cluster, uint64_t now);

#endif
