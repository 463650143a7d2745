/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API: answers as local streams, served by a front and an exchange like everything else. It is a site of its
 * own (one listener, one route) that its owner serves on the control thread; it owns that site's settings and refers to
 * the snapshot that it tells about.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/state.h"
#include "base/metrics.h"
#include "exchange/exchange.h"

struct admin_settings {
    struct address listen; /* len 0: off */
    struct text token;     /* empty: none is asked for */
};

struct admin {
    uint32_t magic;
    struct admin_settings settings;
    struct admin_state *state;
    struct snapshot *serving; /* a reference */
    struct front_settings front;
    struct route_settings route;
    struct snapshot_settings site;
    struct metrics_source generation;
    struct metrics_source store;
    struct metrics_source started;
    struct metrics_source dropped;
    int64_t start_time; /* seconds since the epoch */
};

#define ADMIN_MAGIC 0x61646d6eu

/* NULL when out of memory. state must outlive it. */
struct admin *admin_new(const struct admin_settings *settings, struct snapshot *serving,
                        struct admin_state *state);

/* No exchange of its site may run. */
void admin_free(struct admin *admin);

/* The listener and the route to serve; lives as long as admin. */
const struct snapshot_settings *admin_site(struct admin *admin);

#endif
