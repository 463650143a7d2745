/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward is made of, shared by steward.c, steward_compose.c and steward_orders.c; nobody else includes this. */
#ifndef UPSTREAM_STEWARD_PARTS_H
#define UPSTREAM_STEWARD_PARTS_H

#include "base/map.h"
#include "upstream/steward.h"

struct steward {
    struct stewards *all;
    struct cluster *cluster;                 /* a reference */
    const struct cluster_settings *settings; /* of the config in force */
    struct wishes wishes;                    /* the operator's */
    struct discovery *discovery;             /* NULL: nothing is discovered */
    struct map probes;                       /* by the name of their endpoint */
    struct list_node node;
    bool wanted; /* while a config is put in force: it has this cluster */
};

/* A roster of what config, discovery and operator say together; the caller's. NULL when out of memory. */
struct roster *steward_compose(const struct steward *steward);

/* Config or discovery have an endpoint of this address. */
bool steward_is_given(const struct steward *steward, const struct address *address);

/* Composes one and installs it. False, having said so, when out of memory. */
bool steward_put_in_force(struct steward *steward);

#endif
