/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/pages.h"
#include "base/codes.h"
#include "base/counters.h"

static const char *balance_name(enum balance_kind kind)
{
    return kind == BALANCE_LEAST_REQUESTS ? "least_requests" : "round_robin";
}

static uint64_t count_requests(const struct endpoint *endpoint)
{
    uint64_t requests = 0;
    for (unsigned i = 0; i < CODE_CELLS; i++)
        requests += counter_sum(endpoint->requests + i);
    return requests;
}

static void write_endpoint(struct buffer *out, const struct cluster *cluster, size_t index)
{
    const struct endpoint *endpoint = cluster->endpoints[index];
    buffer_add(out, TEXT("{\"address\":"));
    buffer_json_string(out, endpoint->name);
    buffer_printf(out, ",\"weight\":%u,\"state\":\"up\",\"active\":%u",
                  cluster->settings->endpoints[index].weight,
                  atomic_load_explicit(&endpoint->active, memory_order_relaxed));
    buffer_add(out, TEXT(",\"requests\":"));
    buffer_number(out, count_requests(endpoint));
    buffer_add(out, TEXT(",\"connections\":{\"active\":"));
    buffer_number(out, counter_sum(endpoint->connections_active));
    buffer_add(out, TEXT(",\"idle\":"));
    buffer_number(out, counter_sum(endpoint->connections_idle));
    buffer_add(out, TEXT("}}"));
}

static void write_cluster(struct buffer *out, const struct cluster *cluster)
{
    buffer_add(out, TEXT("{\"name\":"));
    buffer_json_string(out, cluster->settings->name);
    buffer_printf(out, ",\"balance\":\"%s\",\"endpoints\":[", balance_name(cluster->settings->balance));
    for (size_t i = 0; i < cluster->settings->endpoint_count; i++) {
        if (i > 0)
            buffer_byte(out, ',');
        write_endpoint(out, cluster, i);
    }
    buffer_add(out, TEXT("]}"));
}

static void write_all(struct buffer *out, const struct snapshot *snapshot)
{
    buffer_add(out, TEXT("{\"upstreams\":["));
    for (size_t i = 0; i < snapshot->settings->cluster_count; i++) {
        if (i > 0)
            buffer_byte(out, ',');
        write_cluster(out, snapshot->clusters[i]);
    }
    buffer_add(out, TEXT("]}\n"));
}

void upstreams_page(struct admin *admin, struct text name, struct answer *answer)
{
    const struct snapshot *snapshot = admin->serving;
    if (name.len == 0) {
        write_all(&answer->body, snapshot);
        return;
    }
    for (size_t i = 0; i < snapshot->settings->cluster_count; i++)
        if (text_equal(snapshot->clusters[i]->settings->name, name)) {
            write_cluster(&answer->body, snapshot->clusters[i]);
            buffer_byte(&answer->body, '\n');
            return;
        }
    answer_error(answer, 404, "no upstream has this name");
}
