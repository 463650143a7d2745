/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/endpoint.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/panic.h"

enum { BUCKETS = 1024 }; /* a power of two */

/* After so long without an answer a latency counts half. */
enum { LATENCY_AGE_S = 10 };

static struct {
    pthread_mutex_t lock;
    struct list buckets[BUCKETS]; /* endpoints, by endpoint.node; zeroed: not yet used */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct list *bucket_of(struct text cluster, struct text name)
{
    struct list *bucket = &registry.buckets[text_hash(name, text_hash(cluster, 0)) & (BUCKETS - 1)];
    if (bucket->head.next == NULL)
        list_init(bucket);
    return bucket;
}

static struct endpoint *find(const struct list *bucket, struct text cluster, struct text name)
{
    LIST_EACH(bucket, node)
    {
        struct endpoint *endpoint = CONTAINER(node, struct endpoint, node);
        if (text_equal(endpoint->name, name) && text_equal(endpoint->cluster, cluster))
            return endpoint;
    }
    return NULL;
}

/* The clock of every loop. */
static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void read_up(struct metrics_source *source, struct metrics_page *page)
{
    const struct endpoint *endpoint = CONTAINER(source, struct endpoint, up);
    metrics_sample(page, text_of(endpoint->labels), endpoint_is_up(endpoint, now_ms()));
}

/* upstream="...",endpoint="..." and, unless NULL, the state; NULL when out of memory. The caller frees it. */
static char *labels_of(const struct endpoint *endpoint, const char *state)
{
    struct buffer labels = BUFFER_EMPTY;
    label_add(&labels, "upstream", endpoint->cluster);
    label_add(&labels, "endpoint", endpoint->name);
    if (state != NULL)
        label_add(&labels, "state", text_of(state));
    buffer_byte(&labels, '\0');
    if (!labels.short_of_room)
        return labels.at;
    buffer_clear(&labels);
    return NULL;
}

static counter_t register_state(const struct endpoint *endpoint, const char *state)
{
    char *labels = labels_of(endpoint, state);
    if (labels == NULL)
        return COUNTER_NONE;
    counter_t counter = counter_register(METRIC(upstream_connections), labels);
    free(labels);
    return counter;
}

static bool register_metrics(struct endpoint *endpoint)
{
    endpoint->labels = labels_of(endpoint, NULL);
    if (endpoint->labels == NULL)
        return false;
    endpoint->requests = counter_register(METRIC(upstream_requests), endpoint->labels);
    endpoint->duration = histogram_register(METRIC(upstream_duration), endpoint->labels);
    endpoint->connections_active = register_state(endpoint, "active");
    endpoint->connections_idle = register_state(endpoint, "idle");
    endpoint->ejections = counter_register(METRIC(upstream_ejections), endpoint->labels);
    endpoint->up.metric = METRIC(upstream_up);
    endpoint->up.read = read_up;
    metrics_source_add(&endpoint->up);
    return true;
}

static void endpoint_free(struct endpoint *endpoint)
{
    const counter_t counters[] = {endpoint->requests, endpoint->duration, endpoint->connections_active,
                                  endpoint->connections_idle, endpoint->ejections};
    metrics_source_remove(&endpoint->up);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        counter_release(counters[i]);
    free(endpoint->labels);
    endpoint->magic = 0;
    free(endpoint);
}

/* Its two names lie behind it. */
static struct endpoint *endpoint_new(struct text cluster, const struct endpoint_settings *settings)
{
    struct endpoint *endpoint = calloc(1, sizeof *endpoint + cluster.len + settings->name.len);
    if (endpoint == NULL)
        return NULL;
    char *names = (char *)(endpoint + 1);
    memcpy(names, cluster.at, cluster.len);
    memcpy(names + cluster.len, settings->name.at, settings->name.len);
    endpoint->magic = ENDPOINT_MAGIC;
    endpoint->address = settings->address;
    endpoint->cluster = (struct text){names, cluster.len};
    endpoint->name = (struct text){names + cluster.len, settings->name.len};
    endpoint->id = text_hash(endpoint->name, 0);
    if (register_metrics(endpoint))
        return endpoint;
    endpoint_free(endpoint);
    return NULL;
}

struct endpoint *endpoint_get(struct text cluster, const struct endpoint_settings *settings)
{
    pthread_mutex_lock(&registry.lock);
    struct list *bucket = bucket_of(cluster, settings->name);
    struct endpoint *endpoint = find(bucket, cluster, settings->name);
    if (endpoint == NULL) {
        endpoint = endpoint_new(cluster, settings);
        if (endpoint != NULL)
            list_push(bucket, &endpoint->node);
    }
    if (endpoint != NULL)
        endpoint->refs++;
    pthread_mutex_unlock(&registry.lock);
    return endpoint;
}

void endpoint_ref(struct endpoint *endpoint)
{
    CHECK(endpoint, ENDPOINT_MAGIC);
    pthread_mutex_lock(&registry.lock);
    endpoint->refs++;
    pthread_mutex_unlock(&registry.lock);
}

void endpoint_unref(struct endpoint *endpoint)
{
    CHECK(endpoint, ENDPOINT_MAGIC);
    pthread_mutex_lock(&registry.lock);
    if (--endpoint->refs == 0) {
        list_remove(&endpoint->node);
        endpoint_free(endpoint);
    }
    pthread_mutex_unlock(&registry.lock);
}

/* s, how old the latency is. */
static uint32_t age_of(const struct endpoint *endpoint, uint64_t now)
{
    uint32_t at = atomic_load_explicit(&endpoint->latency_at, memory_order_relaxed);
    uint32_t seconds = (uint32_t)(now / 1000);
    return seconds > at ? seconds - at : 0;
}

void endpoint_wake(struct endpoint *endpoint)
{
    if (atomic_load_explicit(&endpoint->resting_until, memory_order_relaxed) != 0)
        atomic_store_explicit(&endpoint->resting_until, 0, memory_order_relaxed);
}

void endpoint_time(struct endpoint *endpoint, uint64_t duration, uint64_t now)
{
    uint64_t before = atomic_load_explicit(&endpoint->latency, memory_order_relaxed);
    uint64_t bounded = duration < UINT32_MAX / 8 ? duration : UINT32_MAX / 8;
    bool stale = before == 0 || age_of(endpoint, now) >= LATENCY_AGE_S;
    uint64_t after = stale ? bounded : (before * 7 + bounded) / 8;
    /* two workers at once lose one answer of many */
    atomic_store_explicit(&endpoint->latency, after > 0 ? (uint32_t)after : 1, memory_order_relaxed);
    atomic_store_explicit(&endpoint->latency_at, (uint32_t)(now / 1000), memory_order_relaxed);
}

uint32_t endpoint_latency(const struct endpoint *endpoint, uint64_t now)
{
    uint32_t latency = atomic_load_explicit(&endpoint->latency, memory_order_relaxed);
    uint32_t halvings = age_of(endpoint, now) / LATENCY_AGE_S;
    uint32_t aged = halvings < 31 ? latency >> halvings : 0;
    return latency == 0 || aged > 0 ? aged : 1;
}
