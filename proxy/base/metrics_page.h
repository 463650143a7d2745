/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of metrics.h: what a format has to be able to write. The walk over all families is the same for
 * each. */
#ifndef BASE_METRICS_PAGE_H
#define BASE_METRICS_PAGE_H

#include "base/metrics.h"

struct metrics_page {
    struct buffer *out;
    const struct metric *metric; /* the family being written */
    unsigned samples;            /* of it so far */
    const struct metrics_format *format;
};

struct metrics_format {
    void (*begin)(struct metrics_page *page); /* a family */
    void (*end)(struct metrics_page *page);
    /* cell: the value of the metric's cell label, or NULL */
    void (*sample)(struct metrics_page *page, struct text labels, const char *cell, int64_t value);
    void (*histogram)(struct metrics_page *page, struct text labels, const uint64_t *cells);
};

/* Writes every family to out. */
void metrics_walk(struct buffer *out, const struct metrics_format *format);

/* A number of microseconds as seconds. */
void metrics_add_seconds(struct buffer *out, uint64_t microseconds);

/* The observations of a histogram. */
uint64_t metrics_count(const uint64_t *cells);

#endif
