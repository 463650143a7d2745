/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API: probes, metrics, and what weir knows of its upstreams. It is a site like any other: a listener with one
 * route, whose answers are local streams of the usual exchange; it opens no sockets and runs no loop itself. All of it
 * runs on one thread, the one that serves the site (the control thread). What it may be asked is one table in resource.c;
 * who may ask is another in gate.c.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/state.h"
#include "exchange/snapshot.h"

struct admin_settings {
    struct address listen;
    struct text token; /* empty: none is asked for */
};

struct admin;

/* Copies the settings. Takes a reference of its own to serving, the snapshot whose upstreams it shows. Registers the
 * metrics that only it knows, such as weir_start_time_seconds: one admin at a time. NULL when out of memory. */
struct admin *admin_new(const struct admin_settings *settings, struct snapshot *serving,
                        struct admin_state *state);

/* Another snapshot is served from now on: takes a reference of its own. */
void admin_show(struct admin *admin, struct snapshot *serving);

/* No snapshot made of its site may be left. */
void admin_free(struct admin *admin);

/* A listener "admin" at the address (none when there is no address), with one route that answers everything; lives as long as the admin. */
const struct snapshot_settings *admin_site(struct admin *admin);

#endif
