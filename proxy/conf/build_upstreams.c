/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"

static bool build_endpoint(struct build *build, struct section section, struct endpoint_settings *endpoint)
{
    struct text written = section_text(section, "address");
    if (form_read_address(written, &endpoint->address) != NULL)
        return false;
    endpoint->name = build_text(build, written);
    endpoint->weight = build_count(section_number(section, "weight"));
    return true;
}

static void build_endpoints(struct build *build, struct section upstream, struct cluster_settings *cluster)
{
    struct item single;
    size_t count = section_count(upstream, "endpoints");
    cluster->endpoints = build_take(build, count, sizeof *cluster->endpoints);
    if (cluster->endpoints == NULL)
        return;
    for (const struct item *item = section_items(upstream, "endpoints", &single); item != NULL;
         item = item->next) {
        struct section section = section_item(upstream, "endpoints", item);
        if (build_endpoint(build, section, &cluster->endpoints[cluster->endpoint_count]))
            cluster->endpoint_count++;
    }
}

static void build_pool(struct section section, struct pool_settings *pool)
{
    pool->connections = build_count(section_number(section, "connections"));
    pool->idle = build_count(section_number(section, "idle"));
    pool->idle_timeout = section_number(section, "idle_timeout");
    pool->requests_per_connection = build_count(section_number(section, "requests_per_connection"));
    pool->pending = build_count(section_number(section, "pending"));
    pool->pending_timeout = section_number(section, "pending_timeout");
}

void build_upstreams(struct build *build, struct section root)
{
    struct snapshot_settings *serve = &build->config->serve;
    struct item single;
    serve->clusters = build_take(build, section_count(root, "upstreams"), sizeof *serve->clusters);
    if (serve->clusters == NULL)
        return;
    for (const struct item *item = section_items(root, "upstreams", &single); item != NULL;
         item = item->next) {
        struct section upstream = section_item(root, "upstreams", item);
        struct cluster_settings *cluster = &serve->clusters[serve->cluster_count++];
        cluster->name = build_text(build, item->key);
        cluster->balance = (enum balance_kind)section_number(upstream, "balance");
        build_endpoints(build, upstream, cluster);
        build_pool(section_map(upstream, "pool"), &cluster->pool);
    }
}
