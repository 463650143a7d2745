/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include "base/families.h"
#include "base/panic.h"

const struct histogram_bound histogram_bounds[HISTOGRAM_BOUNDS] = {
    {100, "0.0001"}, {250, "0.00025"}, {500, "0.0005"}, {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"}, {25000, "0.025"}, {50000, "0.05"}, {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},  {2500000, "2.5"}, {5000000, "5"},  {10000000, "10"}, {30000000, "30"}, {60000000, "60"},
};

counter_t histogram_register(const struct metric *metric, const char *labels)
{
    ASSERT(metric->type == METRIC_HISTOGRAM);
    return counter_register(metric, labels);
}

void histogram_add(struct cells *cells, counter_t id, uint64_t microseconds)
{
    unsigned bucket = 0;
    while (bucket < HISTOGRAM_BOUNDS && microseconds > histogram_bounds[bucket].microseconds)
        bucket++;
    cells_add(cells, id + bucket, 1);
    cells_add(cells, id + HISTOGRAM_CELL_SUM, microseconds);
}
