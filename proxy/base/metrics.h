/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics as pages: every family with all its counters, and what sources say at that moment, as Prometheus
 * text (exposition format 0.0.4) or as JSON. Any thread may make a page; that takes locks, but none of a
 * counting thread.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buffer.h"
#include "base/families.h"
#include "base/list.h"

struct metrics_page;

/*
 * A source gives values that are known rather than counted, such as weir_upstream_up. It is embedded in the
 * object that knows, and read while pages are made, by any thread and under a lock: read must be quick, and
 * must not add or remove sources. It calls metrics_sample once for each label set it knows.
 */
struct metrics_source {
    struct list_node node;
    const struct metric *metric;
    void (*read)(struct metrics_source *source, struct metrics_page *page);
};

void metrics_source_add(struct metrics_source *source);

/* Returns once nobody reads it; harmless when it was never added. */
void metrics_source_remove(struct metrics_source *source);

/* labels as for counter_register. */
void metrics_sample(struct metrics_page *page, struct text labels, int64_t value);

/* Adds name="value" to labels that are being written, with a comma in front if needed. The value may be
 * any bytes. */
void label_add(struct buffer *labels, const char *name, struct text value);

void metrics_write_prometheus(struct buffer *out);

/* {"weir_connections":{"type":"gauge","help":"…","samples":[{"labels":{"listener":"web"},"value":3}]},…};
 * histograms have "buckets" (cumulative, by upper bound in seconds), "sum" and "count" in place of
 * "value". */
void metrics_write_json(struct buffer *out);

#endif
