/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/upstreams.h"

#include <inttypes.h>

#include "admin/answer.h"
#include "base/codes.h"
#include "upstream/balance/balancer.h"

/* While threads add and take, a sum may be below zero for a moment. */
static uint64_t gauge(counter_t counter)
{
    uint64_t sum = counter_sum(counter);
    return sum <= INT64_MAX ? sum : 0;
}

static uint64_t count_requests(const struct endpoint *endpoint)
{
    uint64_t sum = 0;
    for (unsigned cell = 0; cell < CODE_CELLS; cell++)
        sum += counter_sum(endpoint->requests + cell);
    return sum;
}

static void add_endpoint(struct buffer *out, const struct roster *roster, size_t index)
{
    const struct endpoint *endpoint = roster->members[index].endpoint;
    buffer_add(out, index > 0 ? TEXT(",{\"address\":") : TEXT("{\"address\":"));
    buffer_json_string(out, endpoint->name);
    buffer_printf(out, ",\"weight\":%u,\"state\":\"up\",\"active\":%" PRIu32, roster->members[index].weight,
                  atomic_load_explicit(&endpoint->active, memory_order_relaxed));
    buffer_printf(out, ",\"connections\":{\"active\":%" PRIu64 ",\"idle\":%" PRIu64 "}",
                  gauge(endpoint->connections_active), gauge(endpoint->connections_idle));
    buffer_printf(out, ",\"requests\":%" PRIu64 "}", count_requests(endpoint));
}

static void add_cluster(struct buffer *out, struct cluster *cluster)
{
    struct roster *roster = cluster_roster(cluster);
    buffer_add(out, TEXT("{\"name\":"));
    buffer_json_string(out, cluster->name);
    buffer_printf(out, ",\"balance\":\"%s\",\"endpoints\":[", roster->balancer->name);
    for (size_t i = 0; i < roster->count; i++)
        add_endpoint(out, roster, i);
    buffer_add(out, TEXT("]}"));
    roster_unref(roster);
}

struct stream *show_upstreams(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"upstreams\":["));
    for (size_t i = 0; i < ask->serving->settings->cluster_count; i++) {
        buffer_add(&body, i > 0 ? TEXT(",") : TEXT(""));
        add_cluster(&body, ask->serving->clusters[i]);
    }
    buffer_add(&body, TEXT("]}"));
    return answer_json(ask->exchange, 200, &body);
}

bool upstream_is_empty(struct cluster *cluster)
{
    struct roster *roster = cluster_roster(cluster);
    size_t usable = 0;
    for (size_t i = 0; i < roster->count; i++)
        usable += roster->members[i].weight > 0;
    roster_unref(roster);
    return usable == 0;
}

struct cluster *upstream_find(const struct snapshot *serving, struct text name)
{
    for (size_t i = 0; i < serving->settings->cluster_count; i++)
        if (text_equal(serving->clusters[i]->name, name))
            return serving->clusters[i];
    return NULL;
}

struct stream *show_upstream(const struct ask *ask)
{
    struct cluster *cluster = upstream_find(ask->serving, ask->names[0]);
    if (cluster == NULL)
        return answer_error(ask->exchange, 404, "there is no upstream of this name");
    struct buffer body = BUFFER_EMPTY;
    add_cluster(&body, cluster);
    return answer_json(ask->exchange, 200, &body);
}
