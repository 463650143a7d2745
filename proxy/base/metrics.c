/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"

#include <inttypes.h>
#include <pthread.h>

#include "base/counters.h"
#include "base/metrics_page.h"
#include "base/utf8.h"

#define REPLACEMENT TEXT("\xef\xbf\xbd")

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct list sources = {{&sources.head, &sources.head}}; /* belongs to the lock */

void metrics_source_add(struct metrics_source *source)
{
    pthread_mutex_lock(&lock);
    list_push(&sources, &source->node);
    pthread_mutex_unlock(&lock);
}

void metrics_source_remove(struct metrics_source *source)
{
    pthread_mutex_lock(&lock);
    list_remove(&source->node);
    pthread_mutex_unlock(&lock);
}

void metrics_sample(struct metrics_page *page, struct text labels, int64_t value)
{
    page->format->sample(page, labels, NULL, value);
    page->samples++;
}

static void add_cells(struct metrics_page *page, const struct counter_row *row)
{
    const struct metric *metric = page->metric;
    for (unsigned i = 0; i < metric->cells; i++) {
        if (metric->cell_label != NULL && row->values[i] == 0)
            continue;
        const char *cell = metric->cell_label == NULL ? NULL : metric->cell_name(i);
        page->format->sample(page, row->labels, cell, (int64_t)row->values[i]);
        page->samples++;
    }
}

static void add_row(void *arg, const struct counter_row *row)
{
    struct metrics_page *page = arg;
    if (page->metric->type != METRIC_HISTOGRAM) {
        add_cells(page, row);
        return;
    }
    page->format->histogram(page, row->labels, row->values);
    page->samples++;
}

static void read_sources(struct metrics_page *page)
{
    LIST_EACH(&sources, node)
    {
        struct metrics_source *source = CONTAINER(node, struct metrics_source, node);
        if (source->metric == page->metric)
            source->read(source, page);
    }
}

void metrics_walk(struct buffer *out, const struct metrics_format *format)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        struct metrics_page page = {.out = out, .metric = &families[i], .format = format};
        format->begin(&page);
        counters_each(page.metric, add_row, &page);
        read_sources(&page);
        format->end(&page);
    }
    pthread_mutex_unlock(&lock);
}

void metrics_add_seconds(struct buffer *out, uint64_t microseconds)
{
    buffer_printf(out, "%" PRIu64 ".%06" PRIu64, microseconds / 1000000, microseconds % 1000000);
}

uint64_t metrics_count(const uint64_t *cells)
{
    uint64_t count = 0;
    for (unsigned i = 0; i <= HISTOGRAM_CELL_REST; i++)
        count += cells[i];
    return count;
}

/* Adds the character at the front of value; returns how many bytes that were. */
static size_t add_character(struct buffer *labels, struct text value)
{
    size_t len = utf8_length(value);
    char c = value.at[0];
    if (c == '\n')
        buffer_add(labels, TEXT("\\n"));
    else if (len == 0 || utf8_is_control(value, len))
        buffer_add(labels, REPLACEMENT);
    else if (c == '"' || c == '\\')
        buffer_add(labels, (struct text){(char[]){'\\', c}, 2});
    else
        buffer_add(labels, text_sub(value, 0, len));
    return len == 0 ? 1 : len;
}

void label_add(struct buffer *labels, const char *name, struct text value)
{
    if (labels->len > 0)
        buffer_byte(labels, ',');
    buffer_add(labels, text_of(name));
    buffer_add(labels, TEXT("=\""));
    for (size_t at = 0; at < value.len;)
        at += add_character(labels, text_sub(value, at, value.len - at));
    buffer_byte(labels, '"');
}
