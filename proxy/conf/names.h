/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of names: what a config calls its listeners, upstreams and caches, which keys a large map has,
 * which addresses are taken. Lookup is by hash, so that ten thousand routes cost ten thousand steps. It lives
 * in an arena and points at texts that the arena's owner keeps.
 */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include "base/arena.h"
#include "conf/problems.h"

struct name {
    struct text text;
    struct place place; /* where it was given */
    size_t index;       /* the caller's: position in its list */
    void *value;        /* the caller's */
    bool used;
};

struct names {
    struct arena *arena;
    struct name **slots; /* a power of two; at most half full */
    size_t room;
    struct name *list; /* in the order they came */
    size_t list_room;
    size_t count;
};

void names_init(struct names *names, struct arena *arena);

/* NULL when it isn't there. Valid until the next names_add. */
struct name *names_get(const struct names *names, struct text text);

/* Adds a name that isn't there yet; index is set to its position. NULL when out of memory. */
struct name *names_add(struct names *names, struct text text, struct place place);

/* The one that was probably meant, or none. */
struct text names_nearest(const struct names *names, struct text wanted);

#endif
