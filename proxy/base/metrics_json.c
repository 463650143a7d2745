/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics page of the admin API. */
#include <inttypes.h>

#include "base/metrics_page.h"

static const char *const type_names[] = {"counter", "gauge", "histogram"};

static void begin(struct metrics_page *page)
{
    const struct metric *metric = page->metric;
    bool is_first = metric == families;
    buffer_printf(page->out, "%s\"%s\":{\"type\":\"%s\",\"help\":", is_first ? "" : ",", metric->name,
                  type_names[metric->type]);
    buffer_json_string(page->out, text_of(metric->help));
    buffer_add(page->out, TEXT(",\"samples\":["));
}

static void end(struct metrics_page *page)
{
    buffer_add(page->out, TEXT("]}"));
}

/* The length of a quoted string with its quotes. */
static size_t quoted_length(struct text t)
{
    size_t at = 1;
    while (at < t.len && t.at[at] != '"')
        at += t.at[at] == '\\' ? 2 : 1;
    return at < t.len ? at + 1 : t.len;
}

/* name="value",… as "name":"value",…: the escapes of the one are escapes of the other, and label_add lets
 * nothing pass that JSON has to escape besides. */
static void add_labels(struct buffer *out, struct text labels)
{
    while (labels.len > 0) {
        size_t equals = text_find(labels, '=');
        struct text value = text_sub(labels, equals, labels.len - equals);
        if (value.len < 2)
            return;
        value = text_sub(value, 1, value.len - 1);
        size_t len = quoted_length(value);
        buffer_json_string(out, text_sub(labels, 0, equals));
        buffer_byte(out, ':');
        buffer_add(out, text_sub(value, 0, len));
        labels = text_sub(value, len, value.len - len);
        if (labels.len > 0) {
            buffer_byte(out, ',');
            labels = text_sub(labels, 1, labels.len - 1);
        }
    }
}

static void begin_sample(struct metrics_page *page, struct text labels, const char *cell)
{
    struct buffer *out = page->out;
    buffer_printf(out, "%s{\"labels\":{", page->samples == 0 ? "" : ",");
    add_labels(out, labels);
    if (cell != NULL)
        buffer_printf(out, "%s\"%s\":\"%s\"", labels.len > 0 ? "," : "", page->metric->cell_label, cell);
    buffer_byte(out, '}');
}

static void sample(struct metrics_page *page, struct text labels, const char *cell, int64_t value)
{
    begin_sample(page, labels, cell);
    buffer_printf(page->out, ",\"value\":%" PRId64 "}", value);
}

static void histogram(struct metrics_page *page, struct text labels, const uint64_t *cells)
{
    uint64_t count = 0;
    begin_sample(page, labels, NULL);
    buffer_add(page->out, TEXT(",\"buckets\":{"));
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        count += cells[i];
        buffer_printf(page->out, "\"%s\":%" PRIu64 ",", histogram_bounds[i].seconds, count);
    }
    count = metrics_count(cells);
    buffer_printf(page->out, "\"+Inf\":%" PRIu64 "},\"sum\":", count);
    metrics_add_seconds(page->out, cells[HISTOGRAM_CELL_SUM]);
    buffer_printf(page->out, ",\"count\":%" PRIu64 "}", count);
}

void metrics_write_json(struct buffer *out)
{
    static const struct metrics_format format = {begin, end, sample, histogram};
    buffer_byte(out, '{');
    metrics_walk(out, &format);
    buffer_byte(out, '}');
}
