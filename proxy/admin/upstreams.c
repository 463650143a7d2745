/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/upstreams.h"

#include <inttypes.h>

#include "admin/answer.h"
#include "base/codes.h"
#include "upstream/balance/balancer.h"
#include "upstream/steward.h"

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

static const char *say(bool holds)
{
    return holds ? "true" : "false";
}

static const char *state_of(unsigned standing)
{
    return (standing & ENDPOINT_DOWN) != 0 ? "down" : (standing & ENDPOINT_DRAIN) != 0 ? "drain" : "up";
}

static void add_standing(struct buffer *out, const struct ask *ask, const struct endpoint *endpoint)
{
    unsigned standing = atomic_load_explicit(&endpoint->standing, memory_order_relaxed);
    uint64_t ejected_until = atomic_load_explicit(&endpoint->ejected_until, memory_order_relaxed);
    buffer_printf(out, ",\"state\":\"%s\",\"healthy\":%s,\"ejected\":%s", state_of(standing),
                  say((standing & ENDPOINT_SICK) == 0), say(ejected_until > ask->exchange->lane->loop->now));
}

/* What the operator set, which goes before the config. */
static void add_set(struct buffer *out, const struct wish *wish)
{
    char room[64];
    struct buffer set = buffer_over(room, sizeof room);
    if (wish == NULL || wish->removed)
        return;
    if (wish->added)
        buffer_add(&set, TEXT("\"added\":true,"));
    if (wish->has_weight)
        buffer_printf(&set, "\"weight\":%u,", wish->weight);
    if (wish->standing != 0)
        buffer_printf(&set, "\"state\":\"%s\",", state_of(wish->standing));
    buffer_printf(out, ",\"set\":{%.*s}", TEXT_ARGS(text_sub(buffer_text(&set), 0, set.len - 1)));
}

static void add_removed(struct buffer *out, const struct wishes *wishes)
{
    bool any = false;
    LIST_EACH(&wishes->all, node)
    {
        const struct wish *wish = CONTAINER(node, struct wish, node);
        if (!wish->removed)
            continue;
        buffer_add(out, any ? TEXT(",") : TEXT(",\"removed\":["));
        buffer_json_string(out, wish->name);
        any = true;
    }
    buffer_add(out, any ? TEXT("]") : TEXT(""));
}

/* wish: the operator's of it; NULL: none. */
static void add_endpoint(struct buffer *out, const struct ask *ask, const struct member *member,
                         const struct wish *wish)
{
    const struct endpoint *endpoint = member->endpoint;
    uint32_t latency = atomic_load_explicit(&endpoint->latency, memory_order_relaxed);
    buffer_add(out, TEXT("{\"address\":"));
    buffer_json_string(out, endpoint->name);
    buffer_printf(out, ",\"weight\":%u,\"backup\":%s", member->weight, say(member->backup));
    add_standing(out, ask, endpoint);
    add_set(out, wish);
    buffer_printf(out, ",\"active\":%" PRIu32, atomic_load_explicit(&endpoint->active, memory_order_relaxed));
    buffer_printf(out, ",\"connections\":{\"active\":%" PRIu64 ",\"idle\":%" PRIu64 "}",
                  gauge(endpoint->connections_active), gauge(endpoint->connections_idle));
    buffer_printf(out, ",\"requests\":%" PRIu64 ",\"latency_ms\":%u.%03u,\"ejections\":%" PRIu64 "}",
                  count_requests(endpoint), latency / 1000, latency % 1000, counter_sum(endpoint->ejections));
}

static void add_cluster(struct buffer *out, const struct ask *ask, struct cluster *cluster)
{
    struct roster *roster = cluster_roster(cluster);
    const struct wishes *wishes = stewards_wishes(cluster);
    buffer_add(out, TEXT("{\"name\":"));
    buffer_json_string(out, cluster->name);
    buffer_printf(out, ",\"balance\":\"%s\",\"endpoints\":[", roster->balancer->name);
    for (size_t i = 0; i < roster->count; i++) {
        buffer_add(out, i > 0 ? TEXT(",") : TEXT(""));
        const struct member *member = &roster->members[i];
        add_endpoint(out, ask, member,
                     wishes != NULL ? wishes_find(wishes, &member->endpoint->address) : NULL);
    }
    buffer_byte(out, ']');
    if (wishes != NULL)
        add_removed(out, wishes);
    buffer_byte(out, '}');
    roster_unref(roster);
}

struct stream *show_upstreams(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"upstreams\":["));
    for (size_t i = 0; i < ask->serving->settings->cluster_count; i++) {
        buffer_add(&body, i > 0 ? TEXT(",") : TEXT(""));
        add_cluster(&body, ask, ask->serving->clusters[i]);
    }
    buffer_add(&body, TEXT("]}"));
    return answer_json(ask->exchange, 200, &body);
}

bool upstream_is_empty(struct cluster *cluster, uint64_t now)
{
    struct roster *roster = cluster_roster(cluster);
    size_t usable = 0;
    for (size_t i = 0; i < roster->count; i++)
        usable += endpoint_is_up(roster->members[i].endpoint, now);
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
    add_cluster(&body, ask, cluster);
    return answer_json(ask->exchange, 200, &body);
}
