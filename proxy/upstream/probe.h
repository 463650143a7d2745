/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe asks one endpoint again and again whether it is well, on the control thread's loop: each time over a connection
 * of its own, by a request or by connecting alone. What it finds is ENDPOINT_SICK in the endpoint's standing.
 */
#ifndef UPSTREAM_PROBE_H
#define UPSTREAM_PROBE_H

#include "upstream/connector.h"
#include "upstream/roster.h"

struct probe;

/* Begins at once. It holds the roster, whose settings say how, and the endpoint of the member at index. The dialer must
 * outlive it. NULL when out of memory. */
struct probe *probe_new(struct loop *loop, const struct dialer *dialer, struct roster *roster, size_t index);

/* Goes on as another roster says; what it has found so far stays. */
void probe_renew(struct probe *probe, struct roster *roster);

const struct endpoint *probe_endpoint(const struct probe *probe);

/* Ends it; gone at the end of the turn. */
void probe_free(struct probe *probe);

#endif
