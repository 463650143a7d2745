/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API: probes, metrics, what weir knows of its upstreams, and orders to the process. It is a site like any other:
 * one or two listeners, each with one route, whose answers are local streams of the usual exchange; it opens no sockets and
 * runs no loop itself. All of it runs on one thread, the one that serves the site (the control thread). What it may be
 * asked is one table in resource.c; who may ask is another in gate.c; state.h has what the process lends it.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/state.h"
#include "exchange/snapshot.h"

enum { ADMIN_FRONTS_MAX = 2 };

struct admin_settings {
    struct address listen;    /* len 0: no API, only probes */
    struct text token;        /* empty: none is asked for */
    struct address probes;    /* a second listener, for probes and metrics alone; len 0: none */
    const struct text *hosts; /* further names that it may be asked by */
    size_t host_count;
};

struct admin;

/* Copies the settings, which have one of the two addresses; the hosts must live as long as serving. Takes a reference of
 * its own to serving, the snapshot whose upstreams it shows. NULL when out of memory. */
struct admin *admin_new(const struct admin_settings *settings, struct snapshot *serving,
                        struct admin_state *state);

/* No snapshot made of its site may be left. */
void admin_free(struct admin *admin);

/* The listeners "admin" and "probes", as far as they have addresses, each with a route that answers everything; lives as
 * long as the admin. */
const struct snapshot_settings *admin_site(struct admin *admin);

#endif
