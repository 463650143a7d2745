/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the admin API may be asked: one table of methods, paths and the functions that answer. The page at / and the Allow
 * field are made from it. A path of a row may have segments * that stand for any name.
 */
#ifndef ADMIN_RESOURCE_H
#define ADMIN_RESOURCE_H

#include "admin/state.h"
#include "exchange/exchange.h"

enum { RESOURCE_NAMES = 2 };

struct resource;

/* One request, as the functions see it. */
struct ask {
    struct exchange *exchange;
    const struct resource *resource;
    const struct snapshot *serving;
    const struct admin_state *state;
    struct text names[RESOURCE_NAMES]; /* what stood for each *, decoded */
};

struct resource {
    const char *method; /* GET is HEAD too */
    const char *path;
    struct stream *(*answer)(const struct ask *ask); /* NULL when out of memory */
    const char *summary;                             /* for the page at /; NULL: not shown */
    bool is_probe;                                   /* asked by those who have no token */
};

extern const struct resource resources[];
extern const size_t resource_count;

/* Fills names[RESOURCE_NAMES], as they stand in the path. NULL when there is none of that path and method. */
const struct resource *resource_find(struct text path, struct text method, struct text *names);

/* The names of an ask as they are meant: what is escaped in the path is decoded, so that a name may have a slash. False
 * when out of memory. */
bool resource_decode_names(struct ask *ask);

/* Whether the listener for probes has it too. */
bool resource_is_for_probes(const struct resource *resource);

/* 501: interface has it, but this build or process can't do it. */
struct stream *resource_refuse(const struct ask *ask);

/* The methods that a path has, as Allow lists them; empty when there is no such path. .at is NULL when out of memory. */
struct text resource_methods(struct text path, struct arena *arena);

#endif
