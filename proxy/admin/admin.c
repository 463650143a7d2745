/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <stdlib.h>
#include <time.h>

#include "admin/pages.h"
#include "base/counters.h"
#include "base/log.h"
#include "base/panic.h"

static void read_generation(struct metrics_source *source, struct metrics_page *page)
{
    const struct admin *admin = CONTAINER(source, struct admin, generation);
    metrics_sample(page, TEXT(""), (int64_t)admin->serving->generation);
}

/* There is no shared state yet that could be down. */
static void read_store(struct metrics_source *source, struct metrics_page *page)
{
    (void)source;
    metrics_sample(page, TEXT(""), 1);
}

static void read_started(struct metrics_source *source, struct metrics_page *page)
{
    metrics_sample(page, TEXT(""), CONTAINER(source, struct admin, started)->start_time);
}

static void read_dropped(struct metrics_source *source, struct metrics_page *page)
{
    (void)source;
    metrics_sample(page, TEXT("log=\"error\""), (int64_t)log_dropped());
}

static void add_source(struct metrics_source *source, const struct metric *metric,
                       void (*read)(struct metrics_source *source, struct metrics_page *page))
{
    source->metric = metric;
    source->read = read;
    metrics_source_add(source);
}

static void add_sources(struct admin *admin)
{
    add_source(&admin->generation, METRIC(config_generation), read_generation);
    add_source(&admin->store, METRIC(state_up), read_store);
    add_source(&admin->started, METRIC(start_time), read_started);
    add_source(&admin->dropped, METRIC(log_dropped), read_dropped);
    counter_register(METRIC(config_reloads), "result=\"success\"");
    counter_register(METRIC(config_reloads), "result=\"failure\"");
}

static void describe_site(struct admin *admin)
{
    admin->front = (struct front_settings){.name = TEXT("admin"),
                                           .addresses = &admin->settings.listen,
                                           .address_count = 1,
                                           .connections = 256,
                                           .http = {.header_size = 16 * 1024,
                                                    .headers = 64,
                                                    .body = 1024 * 1024,
                                                    .header_timeout = 10000,
                                                    .body_timeout = 10000,
                                                    .idle_timeout = 60000}};
    admin->route = (struct route_settings){
        .name = TEXT("admin"), .target = TARGET_SERVICE, .serve = admin_serve, .serve_owner = admin};
    admin->site = (struct snapshot_settings){
        .fronts = &admin->front, .front_count = 1, .routes = &admin->route, .route_count = 1};
}

struct admin *admin_new(const struct admin_settings *settings, struct snapshot *serving,
                        struct admin_state *state)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (admin == NULL)
        return NULL;
    admin->magic = ADMIN_MAGIC;
    admin->settings = *settings;
    admin->state = state;
    admin->serving = serving;
    admin->start_time = time(NULL);
    snapshot_ref(serving);
    describe_site(admin);
    add_sources(admin);
    return admin;
}

void admin_free(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    metrics_source_remove(&admin->generation);
    metrics_source_remove(&admin->store);
    metrics_source_remove(&admin->started);
    metrics_source_remove(&admin->dropped);
    snapshot_unref(admin->serving);
    admin->magic = 0;
    free(admin);
}

const struct snapshot_settings *admin_site(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    return &admin->site;
}
