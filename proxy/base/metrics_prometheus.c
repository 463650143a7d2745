/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus's exposition format 0.0.4: a family's # HELP and # TYPE, then its samples, one a line. */
#include <inttypes.h>

#include "base/metrics_page.h"

static const char *const type_names[] = {"counter", "gauge", "histogram"};

static void begin(struct metrics_page *page)
{
    const struct metric *metric = page->metric;
    buffer_printf(page->out, "# HELP %s %s\n", metric->name, metric->help);
    buffer_printf(page->out, "# TYPE %s %s\n", metric->name, type_names[metric->type]);
}

static void end(struct metrics_page *page)
{
    (void)page;
}

/* {labels,extra="value"}; extra is NULL for none, and nothing at all is written without labels. */
static void add_labels(struct buffer *out, struct text labels, const char *extra, const char *value)
{
    if (labels.len == 0 && extra == NULL)
        return;
    buffer_byte(out, '{');
    buffer_add(out, labels);
    if (extra != NULL)
        buffer_printf(out, "%s%s=\"%s\"", labels.len > 0 ? "," : "", extra, value);
    buffer_byte(out, '}');
}

static void sample(struct metrics_page *page, struct text labels, const char *cell, int64_t value)
{
    buffer_add(page->out, text_of(page->metric->name));
    add_labels(page->out, labels, cell == NULL ? NULL : page->metric->cell_label, cell);
    buffer_printf(page->out, " %" PRId64 "\n", value);
}

static void add_bucket(struct metrics_page *page, struct text labels, const char *bound, uint64_t count)
{
    buffer_printf(page->out, "%s_bucket", page->metric->name);
    add_labels(page->out, labels, "le", bound);
    buffer_printf(page->out, " %" PRIu64 "\n", count);
}

static void histogram(struct metrics_page *page, struct text labels, const uint64_t *cells)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        count += cells[i];
        add_bucket(page, labels, histogram_bounds[i].seconds, count);
    }
    count = metrics_count(cells);
    add_bucket(page, labels, "+Inf", count);
    buffer_printf(page->out, "%s_sum", page->metric->name);
    add_labels(page->out, labels, NULL, NULL);
    buffer_byte(page->out, ' ');
    metrics_add_seconds(page->out, cells[HISTOGRAM_CELL_SUM]);
    buffer_printf(page->out, "\n%s_count", page->metric->name);
    add_labels(page->out, labels, NULL, NULL);
    buffer_printf(page->out, " %" PRIu64 "\n", count);
}

void metrics_write_prometheus(struct buffer *out)
{
    static const struct metrics_format format = {begin, end, sample, histogram};
    metrics_walk(out, &format);
}
