/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/snapshot.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/metrics.h"
#include "base/panic.h"

static struct text name_of(const struct route_settings *settings)
{
    return settings == NULL ? TEXT("") : settings->name;
}

static bool labels_end(struct buffer *labels)
{
    buffer_byte(labels, '\0');
    return !labels->short_of_room;
}

/* Counters are found again by their labels, so a reload loses none of them. */
static bool count_route(struct route *route, const struct front_settings *front)
{
    struct buffer labels = {0};
    label_add(&labels, "listener", front->name);
    label_add(&labels, "route", name_of(route->settings));
    bool complete = labels_end(&labels);
    if (complete) {
        route->requests = counter_register(METRIC(requests), labels.at);
        route->faults = counter_register(METRIC(faults), labels.at);
        route->duration = histogram_register(METRIC(request_duration), labels.at);
        if (route->settings != NULL && route->settings->mirror.percent > 0)
            route->mirrors_dropped = counter_register(METRIC(mirrors_dropped), labels.at);
    }
    buffer_clear(&labels);
    return complete;
}

static bool count_handshakes(struct front_plan *front)
{
    static const struct text versions[HANDSHAKE_VERSIONS] = {{"none", 4}, {"1.2", 3}, {"1.3", 3}};
    for (int i = 0; i < HANDSHAKE_VERSIONS; i++) {
        struct buffer labels = {0};
        label_add(&labels, "listener", front->settings->name);
        label_add(&labels, "version", versions[i]);
        if (labels_end(&labels))
            front->handshakes[i] = counter_register(METRIC(tls_handshakes), labels.at);
        buffer_clear(&labels);
    }
    return front->handshakes[HANDSHAKE_13] != COUNTER_NONE;
}

static bool count_front(struct front_plan *front)
{
    struct buffer labels = {0};
    label_add(&labels, "listener", front->settings->name);
    bool complete = labels_end(&labels);
    if (complete) {
        front->connections = counter_register(METRIC(connections), labels.at);
        front->accepted = counter_register(METRIC(accepted), labels.at);
        front->http2_errors = counter_register(METRIC(http2_errors), labels.at);
        front->received = counter_register(METRIC(received), labels.at);
        front->sent = counter_register(METRIC(sent), labels.at);
    }
    buffer_clear(&labels);
    if (front->settings->tls != NULL && !count_handshakes(front))
        return false;
    return complete && count_route(&front->unmatched, front->settings);
}

static bool belongs(const struct route_settings *route, size_t front)
{
    return route->front == front || route->front == SIZE_MAX;
}

static bool plan_front(struct snapshot *snapshot, size_t index)
{
    struct front_plan *front = &snapshot->fronts[index];
    front->settings = &snapshot->settings->fronts[index];
    front->scheme = front->settings->tls != NULL ? TEXT("https") : TEXT("http");
    front->routes = route_table_new();
    if (front->routes == NULL || !count_front(front))
        return false;
    for (size_t i = 0; i < snapshot->settings->route_count; i++) {
        if (!belongs(&snapshot->settings->routes[i], index))
            continue;
        struct route *route = &snapshot->routes[snapshot->route_count++];
        route->settings = &snapshot->settings->routes[i];
        if (!count_route(route, front->settings) || !route_table_add(front->routes, route))
            return false;
    }
    return true;
}

static size_t count_places(const struct snapshot_settings *settings)
{
    size_t places = 0;
    for (size_t i = 0; i < settings->route_count; i++)
        places += settings->routes[i].front == SIZE_MAX ? settings->front_count : 1;
    return places;
}

static bool fill(struct snapshot *snapshot)
{
    const struct snapshot_settings *settings = snapshot->settings;
    snapshot->fronts = calloc(settings->front_count + 1, sizeof *snapshot->fronts);
    snapshot->routes = calloc(count_places(settings) + 1, sizeof *snapshot->routes);
    snapshot->clusters = calloc(settings->cluster_count + 1, sizeof *snapshot->clusters);
    snapshot->zones = calloc(settings->zone_count + 1, sizeof *snapshot->zones);
    if (snapshot->fronts == NULL || snapshot->routes == NULL || snapshot->clusters == NULL ||
        snapshot->zones == NULL)
        return false;
    for (size_t i = 0; i < settings->zone_count; i++)
        if ((snapshot->zones[i] = cache_zone_open(&settings->zones[i])) == NULL)
            return false;
    for (size_t i = 0; i < settings->cluster_count; i++)
        if ((snapshot->clusters[i] = cluster_open(&settings->clusters[i])) == NULL)
            return false;
    for (size_t i = 0; i < settings->front_count; i++)
        if (!plan_front(snapshot, i))
            return false;
    return true;
}

static void release_route(const struct route *route)
{
    counter_release(route->requests);
    counter_release(route->faults);
    counter_release(route->duration);
    counter_release(route->mirrors_dropped);
}

static void release_front(const struct front_plan *front)
{
    counter_release(front->connections);
    counter_release(front->accepted);
    counter_release(front->http2_errors);
    for (int i = 0; i < HANDSHAKE_VERSIONS; i++)
        counter_release(front->handshakes[i]);
    counter_release(front->received);
    counter_release(front->sent);
    release_route(&front->unmatched);
    route_table_free(front->routes);
}

static void snapshot_free(struct snapshot *snapshot)
{
    const struct snapshot_settings *settings = snapshot->settings;
    for (size_t i = 0; snapshot->fronts != NULL && i < settings->front_count; i++)
        release_front(&snapshot->fronts[i]);
    for (size_t i = 0; i < snapshot->route_count; i++)
        release_route(&snapshot->routes[i]);
    for (size_t i = 0; snapshot->clusters != NULL && i < settings->cluster_count; i++)
        cluster_unref(snapshot->clusters[i]);
    for (size_t i = 0; snapshot->zones != NULL && i < settings->zone_count; i++)
        cache_zone_unref(snapshot->zones[i]);
    free(snapshot->zones);
    free(snapshot->fronts);
    free(snapshot->routes);
    free(snapshot->clusters);
    snapshot->magic = 0;
    free(snapshot);
}

struct snapshot *snapshot_new(const struct snapshot_settings *settings, void (*release)(void *owner),
                              void *owner)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL)
        return NULL;
    snapshot->magic = SNAPSHOT_MAGIC;
    atomic_init(&snapshot->refs, 1);
    snapshot->settings = settings;
    if (!fill(snapshot)) {
        snapshot_free(snapshot);
        return NULL;
    }
    snapshot->release = release;
    snapshot->owner = owner;
    return snapshot;
}

void snapshot_ref(struct snapshot *snapshot)
{
    CHECK(snapshot, SNAPSHOT_MAGIC);
    /* relaxed: whoever takes a reference holds one already */
    atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
}

void snapshot_unref(struct snapshot *snapshot)
{
    CHECK(snapshot, SNAPSHOT_MAGIC);
    /* release: what this thread did with it comes before; acquire: before the free comes what every thread did */
    if (atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel) != 1)
        return;
    void (*release)(void *owner) = snapshot->release;
    void *owner = snapshot->owner;
    snapshot_free(snapshot);
    if (release != NULL)
        release(owner);
}
