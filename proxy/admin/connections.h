/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP connections as JSON, as the kernel counts them (admin/census.h); states that nobody is in are left out:
 *
 * {"complete":true,"clients":{"ESTABLISHED":2},"backends":{"ESTABLISHED":1,"TIME_WAIT":7},
 *  "listeners":[{"name":"web","address":"0.0.0.0:80","states":{"ESTABLISHED":2}}],
 *  "upstreams":[{"name":"app","endpoints":[{"address":"127.0.0.1:9001","states":{"ESTABLISHED":1,"TIME_WAIT":7}}]}],
 *  "connections":[{"side":"client","local":"10.0.0.1:80","remote":"10.0.0.9:41000","state":"ESTABLISHED"}]}
 *
 * complete is false when there were more than could be counted in time; at most 1000 connections are listed.
 */
#ifndef ADMIN_CONNECTIONS_H
#define ADMIN_CONNECTIONS_H

#include "admin/resource.h"

struct stream *show_connections(const struct ask *ask);

#endif
