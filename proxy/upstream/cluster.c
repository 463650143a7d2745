/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/cluster.h"

#include <stdlib.h>

#include "base/panic.h"
#include "upstream/balance/balancer.h"

static bool get_endpoints(struct cluster *cluster)
{
    const struct cluster_settings *settings = cluster->settings;
    cluster->endpoints = calloc(settings->endpoint_count + 1, sizeof(struct endpoint *));
    if (cluster->endpoints == NULL)
        return false;
    for (size_t i = 0; i < settings->endpoint_count; i++) {
        cluster->endpoints[i] = endpoint_get(settings->name, &settings->endpoints[i]);
        if (cluster->endpoints[i] == NULL)
            return false;
    }
    return true;
}

struct cluster *cluster_new(const struct cluster_settings *settings)
{
    struct cluster *cluster = calloc(1, sizeof *cluster);
    if (cluster == NULL)
        return NULL;
    cluster->magic = CLUSTER_MAGIC;
    cluster->settings = settings;
    cluster->balancer = balancer_of(settings->balance);
    if (get_endpoints(cluster))
        return cluster;
    cluster_free(cluster);
    return NULL;
}

void cluster_free(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    CHECK(cluster, CLUSTER_MAGIC);
    for (size_t i = 0; cluster->endpoints != NULL && cluster->endpoints[i] != NULL; i++)
        endpoint_unref(cluster->endpoints[i]);
    free(cluster->endpoints);
    cluster->magic = 0;
    free(cluster);
}
