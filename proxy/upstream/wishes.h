/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator changed of a cluster's endpoints while it runs: by address, bounded. Control thread. */
#ifndef UPSTREAM_WISHES_H
#define UPSTREAM_WISHES_H

#include "base/list.h"
#include "net/address.h"

enum { WISHES_MAX = 4096 };

struct wish {
    struct list_node node;
    struct address address;
    struct text name; /* as written; behind the struct */
    bool added;       /* neither config nor discovery had such an endpoint then */
    bool removed;     /* they have it, and it is left out */
    bool has_weight;
    unsigned weight;
    unsigned standing; /* of ENDPOINT_DRAIN, ENDPOINT_DOWN */
};

struct wishes {
    struct list all; /* by wish.node, in the order they came */
    size_t count;
};

void wishes_init(struct wishes *wishes);
void wishes_clear(struct wishes *wishes);

/* NULL when there is none of that address. */
struct wish *wishes_find(const struct wishes *wishes, const struct address *address);

/* The same, made when there is none: NULL when there are too many, or no memory. */
struct wish *wishes_get(struct wishes *wishes, const struct address *address, struct text name);

/* Forgets the wish if it says nothing any more. */
void wishes_settle(struct wishes *wishes, struct wish *wish);

#endif
