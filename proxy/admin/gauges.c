/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/gauges.h"

#include <time.h>

#include "admin/usage.h"
#include "base/counters.h"
#include "base/log.h"
#include "exchange/settings.h"
#include "exchange/trail.h"
#include "tls/keyring.h"

static void read_generation(struct metrics_source *source, struct metrics_page *page)
{
    const struct gauge *gauge = CONTAINER(source, struct gauge, source);
    metrics_sample(page, TEXT(""),
                   (int64_t)atomic_load_explicit(&gauge->state->generation, memory_order_relaxed));
}

/* There is no state but the process's own, which can't be out of reach. */
static void read_state_up(struct metrics_source *source, struct metrics_page *page)
{
    (void)source;
    metrics_sample(page, TEXT(""), 1);
}

static void read_start_time(struct metrics_source *source, struct metrics_page *page)
{
    const struct gauge *gauge = CONTAINER(source, struct gauge, source);
    metrics_sample(page, TEXT(""), gauge->started);
}

static void read_log_dropped(struct metrics_source *source, struct metrics_page *page)
{
    const struct gauge *gauge = CONTAINER(source, struct gauge, source);
    metrics_sample(page, TEXT("log=\"error\""), (int64_t)log_dropped());
    if (gauge->state->access_log != NULL)
        metrics_sample(page, TEXT("log=\"access\""), (int64_t)trail_sink_dropped(gauge->state->access_log));
}

static void read_resident(struct metrics_source *source, struct metrics_page *page)
{
    (void)source;
    int64_t resident = usage_resident();
    if (resident >= 0)
        metrics_sample(page, TEXT(""), resident);
}

static void read_descriptors(struct metrics_source *source, struct metrics_page *page)
{
    (void)source;
    int64_t descriptors = usage_descriptors();
    if (descriptors >= 0)
        metrics_sample(page, TEXT(""), descriptors);
}

/* Of one listener's certificates. */
struct expiries {
    struct metrics_page *page;
    struct text listener;
};

static void tell_expiry(void *arg, struct text certificate, int64_t ends)
{
    const struct expiries *expiries = arg;
    struct buffer labels = BUFFER_EMPTY;
    label_add(&labels, "listener", expiries->listener);
    label_add(&labels, "certificate", certificate);
    if (!labels.short_of_room)
        metrics_sample(expiries->page, buffer_text(&labels), ends);
    buffer_clear(&labels);
}

static void read_expiries(struct metrics_source *source, struct metrics_page *page)
{
    const struct gauge *gauge = CONTAINER(source, struct gauge, source);
    const struct snapshot_settings *serve = gauge->state->serve;
    for (size_t i = 0; serve != NULL && i < serve->front_count; i++) {
        struct expiries expiries = {page, serve->fronts[i].name};
        if (serve->fronts[i].tls != NULL)
            keyring_each(serve->fronts[i].tls, tell_expiry, &expiries);
    }
}

static void read_loads(struct metrics_source *source, struct metrics_page *page)
{
    struct keyring_loads loads = keyring_count_loads();
    (void)source;
    metrics_sample(page, TEXT("result=\"ok\""), (int64_t)loads.ok);
    metrics_sample(page, TEXT("result=\"failed\""), (int64_t)loads.failed);
}

static const struct {
    enum family_id family;
    void (*read)(struct metrics_source *source, struct metrics_page *page);
} rows[GAUGE_COUNT] = {
    {FAMILY_ID_config_generation, read_generation},    {FAMILY_ID_state_up, read_state_up},
    {FAMILY_ID_start_time, read_start_time},           {FAMILY_ID_log_dropped, read_log_dropped},
    {FAMILY_ID_resident_memory, read_resident},        {FAMILY_ID_open_descriptors, read_descriptors},
    {FAMILY_ID_tls_certificate_expiry, read_expiries}, {FAMILY_ID_tls_certificate_loads, read_loads},
};

void gauges_add(struct gauges *gauges, const struct admin_state *state)
{
    int64_t started = state->started > 0 ? (int64_t)state->started : (int64_t)time(NULL);
    for (size_t i = 0; i < GAUGE_COUNT; i++) {
        struct gauge *gauge = &gauges->each[i];
        *gauge = (struct gauge){{.metric = &families[rows[i].family], .read = rows[i].read}, state, started};
        metrics_source_add(&gauge->source);
    }
    counter_register(METRIC(config_reloads), "result=\"ok\"");
    counter_register(METRIC(config_reloads), "result=\"failed\"");
}

void gauges_remove(struct gauges *gauges)
{
    for (size_t i = 0; i < GAUGE_COUNT; i++)
        metrics_source_remove(&gauges->each[i].source);
}
