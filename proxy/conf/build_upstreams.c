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
    endpoint->backup = section_number(section, "backup") != 0;
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

/* "200" or "200-299"; validate has reported what is neither. */
static struct status_range read_range(struct text written)
{
    uint64_t first = 0, last = 0;
    size_t dash = text_find(written, '-');
    (void)text_to_number(text_sub(written, 0, dash), 599, &first);
    if (dash >= written.len ||
        !text_to_number(text_sub(written, dash + 1, written.len - dash - 1), 599, &last))
        last = first;
    return (struct status_range){(uint16_t)first, (uint16_t)last};
}

static void build_expect(struct build *build, struct section section, struct probe_settings *probe)
{
    static const struct status_range success = {200, 299};
    struct item single;
    size_t count = section_count(section, "expect");
    probe->expect = build_take(build, count > 0 ? count : 1, sizeof *probe->expect);
    if (probe->expect == NULL)
        return;
    for (const struct item *item = section_items(section, "expect", &single); item != NULL; item = item->next)
        if (item->value->kind == NODE_SCALAR)
            probe->expect[probe->expect_count++] = read_range(item->value->text);
    if (probe->expect_count == 0)
        probe->expect[probe->expect_count++] = success;
}

static void build_probe(struct build *build, struct section section, struct probe_settings *probe)
{
    probe->kind = section_number(section, "tcp") != 0    ? PROBE_TCP
                  : section_number(section, "grpc") != 0 ? PROBE_GRPC
                                                         : PROBE_HTTP;
    probe->path = build_text(build, section_text(section, "path"));
    probe->interval = section_number(section, "interval");
    probe->timeout = section_number(section, "timeout");
    probe->healthy = build_count(section_number(section, "healthy"));
    probe->unhealthy = build_count(section_number(section, "unhealthy"));
    build_expect(build, section, probe);
}

static void build_outlier(struct section section, struct outlier_settings *outlier)
{
    outlier->failures = build_count(section_number(section, "failures"));
    outlier->window = section_number(section, "window");
    outlier->eject = section_number(section, "eject");
    outlier->max_ejected = build_count(section_number(section, "max_ejected"));
}

static void build_care(struct build *build, struct section upstream, struct cluster_settings *cluster)
{
    if (section_node(upstream, "health_check") != NULL)
        build_probe(build, section_map(upstream, "health_check"), &cluster->probe);
    if (section_node(upstream, "outlier") != NULL)
        build_outlier(section_map(upstream, "outlier"), &cluster->outlier);
    cluster->slow_start = section_number(upstream, "slow_start");
    cluster->max_requests = build_count(section_number(upstream, "max_requests"));
}

static void build_affinity(struct build *build, struct section upstream, struct cluster_settings *cluster)
{
    struct text on = section_text(upstream, "hash_on");
    bool header = text_starts(on, TEXT("header:"));
    if (header || text_starts(on, TEXT("cookie:"))) {
        cluster->hash_on.source = header ? HASH_HEADER : HASH_COOKIE;
        cluster->hash_on.name = build_text(build, text_sub(on, 7, on.len - 7));
    } else {
        cluster->hash_on.source = text_equal(on, TEXT("host"))   ? HASH_HOST
                                  : text_equal(on, TEXT("path")) ? HASH_PATH
                                                                 : HASH_CLIENT_IP;
    }
    if (section_node(upstream, "sticky") == NULL)
        return;
    struct section sticky = section_map(upstream, "sticky");
    cluster->sticky.cookie = build_text(build, section_text(sticky, "cookie"));
    cluster->sticky.ttl = section_number(sticky, "ttl");
}

static void check_hash_on(struct build *build, struct section upstream,
                          const struct cluster_settings *cluster)
{
    const struct node *hash_on = section_node(upstream, "hash_on");
    bool hashes = cluster->balance == BALANCE_RING_HASH || cluster->balance == BALANCE_MAGLEV;
    if (hash_on != NULL && !hashes)
        problem_warn(
            build->problems, hash_on->place,
            "hash_on: only ring_hash and maglev look at it; set balance to one of them, or leave it out");
}

static void check_probe(struct build *build, struct section upstream, const struct cluster_settings *cluster)
{
    struct section check = section_map(upstream, "health_check");
    const struct node *grpc = section_node(check, "grpc");
    if (cluster->probe.kind == PROBE_GRPC && cluster->protocol == PROTOCOL_HTTP1)
        problem_add(build->problems, grpc->place,
                    "health_check.grpc: gRPC needs protocol: http2 (or auto, with tls)");
    if (section_number(check, "tcp") != 0 && section_number(check, "grpc") != 0)
        problem_add(build->problems, grpc->place,
                    "health_check: tcp and grpc exclude each other; choose one");
}

static void check_protocol(struct build *build, struct section upstream,
                           const struct cluster_settings *cluster)
{
    if (cluster->protocol == PROTOCOL_AUTO && section_node(upstream, "tls") == NULL)
        problem_add(build->problems, section_node(upstream, "protocol")->place,
                    "protocol: auto is what TLS agrees on; set tls too, or say http1 or http2");
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
        cluster->protocol = (enum upstream_protocol)section_number(upstream, "protocol");
        build_affinity(build, upstream, cluster);
        build_endpoints(build, upstream, cluster);
        build_discovery(build, upstream, cluster);
        build_pool(section_map(upstream, "pool"), &cluster->pool);
        build_care(build, upstream, cluster);
        check_hash_on(build, upstream, cluster);
        check_protocol(build, upstream, cluster);
        check_probe(build, upstream, cluster);
    }
}
