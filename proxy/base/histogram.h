/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram counts durations in fixed buckets from 100 us to 60 s, and adds them up. It is a counter with a
 * cell for each bucket, one for what is longer and one for the sum, so everything that counters.h says holds
 * for it.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/counters.h"

#define HISTOGRAM_BOUNDS 18
#define HISTOGRAM_CELL_REST HISTOGRAM_BOUNDS      /* above the last bound */
#define HISTOGRAM_CELL_SUM (HISTOGRAM_BOUNDS + 1) /* microseconds */
#define HISTOGRAM_CELLS (HISTOGRAM_BOUNDS + 2)

struct histogram_bound {
    uint64_t microseconds; /* the longest duration of the bucket */
    const char *seconds;   /* written for people and Prometheus */
};

extern const struct histogram_bound histogram_bounds[HISTOGRAM_BOUNDS];

/* As counter_register; the metric must be of type METRIC_HISTOGRAM. */
counter_t histogram_register(const struct metric *metric, const char *labels);

/* Only the thread that owns the cells. */
void histogram_add(struct cells *cells, counter_t id, uint64_t microseconds);

#endif
