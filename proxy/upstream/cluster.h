/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster is an upstream of the config, as its snapshot holds it: settings and endpoints, immutable, for all loops. */
#ifndef UPSTREAM_CLUSTER_H
#define UPSTREAM_CLUSTER_H

#include "upstream/endpoint.h"

struct balancer; /* upstream/balance/balancer.h: the functions of an algorithm */

struct cluster {
    uint32_t magic;
    const struct cluster_settings *settings; /* of the same snapshot */
    const struct balancer *balancer;
    struct endpoint **endpoints; /* settings->endpoint_count of them, same order */
};

#define CLUSTER_MAGIC 0x636c7573u

/* NULL when out of memory. */
struct cluster *cluster_new(const struct cluster_settings *settings);

/* NULL is fine. */
void cluster_free(struct cluster *cluster);

static inline size_t cluster_size(const struct cluster *cluster)
{
    return cluster->settings->endpoint_count;
}

/* 0: gets nothing. */
static inline unsigned cluster_weight(const struct cluster *cluster, size_t index)
{
    return cluster->settings->endpoints[index].weight;
}

#endif
