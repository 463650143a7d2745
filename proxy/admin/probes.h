/* SPDX-License-Identifier: Apache-2.0 */
/* Probes: does the process live, and does it take requests. Bodies are {"status":"ok"} or {"status":"unavailable"}. */
#ifndef ADMIN_PROBES_H
#define ADMIN_PROBES_H

#include "admin/resource.h"

struct stream *show_live(const struct ask *ask);

/* 503 while starting or draining; the query verbose adds "reasons", and "checks": {"name","ok"} and perhaps a "note", which
 * is something to know that doesn't keep it from taking requests. */
struct stream *show_ready(const struct ask *ask);

#endif
