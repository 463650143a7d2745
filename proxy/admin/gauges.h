/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of the process as a whole, which nobody else shows: one source each, and the counters that a scrape must
 * find at zero. */
#ifndef ADMIN_GAUGES_H
#define ADMIN_GAUGES_H

#include "admin/state.h"
#include "base/metrics.h"

enum { GAUGE_COUNT = 8 };

struct gauge {
    struct metrics_source source;
    const struct admin_state *state;
    int64_t started; /* s since the epoch */
};

/* Must not move while it is added. */
struct gauges {
    struct gauge each[GAUGE_COUNT];
};

/* The state must outlive them. */
void gauges_add(struct gauges *gauges, const struct admin_state *state);
void gauges_remove(struct gauges *gauges);

#endif
