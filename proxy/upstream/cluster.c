/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/cluster.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "base/panic.h"

enum { BUCKETS = 256 }; /* a power of two */

static struct {
    pthread_mutex_t lock;
    struct list buckets[BUCKETS]; /* clusters, by cluster.node; zeroed: not yet used */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct list *bucket_of(struct text name)
{
    struct list *bucket = &registry.buckets[text_hash(name, 0) & (BUCKETS - 1)];
    if (bucket->head.next == NULL)
        list_init(bucket);
    return bucket;
}

static struct cluster *find(const struct list *bucket, struct text name)
{
    LIST_EACH(bucket, node)
    {
        struct cluster *cluster = CONTAINER(node, struct cluster, node);
        if (text_equal(cluster->name, name))
            return cluster;
    }
    return NULL;
}

static counter_t count_retries(struct text name)
{
    struct buffer labels = BUFFER_EMPTY;
    label_add(&labels, "upstream", name);
    buffer_byte(&labels, '\0');
    counter_t counter =
        labels.short_of_room ? COUNTER_NONE : counter_register(METRIC(upstream_retries), labels.at);
    buffer_clear(&labels);
    return counter;
}

/* Those that left first: they may be among those of the other roster. */
static void tell_weights(const struct roster *before, const struct roster *after)
{
    for (size_t i = 0; before != NULL && i < before->count; i++)
        atomic_store_explicit(&before->members[i].endpoint->weight, 0, memory_order_relaxed);
    for (size_t i = 0; i < after->count; i++)
        atomic_store_explicit(&after->members[i].endpoint->weight, after->members[i].weight,
                              memory_order_relaxed);
}

/* Its name lies behind it. */
static struct cluster *cluster_new(const struct cluster_settings *settings)
{
    struct cluster *cluster = calloc(1, sizeof *cluster + settings->name.len + 1);
    struct roster *roster = cluster != NULL ? roster_new(settings) : NULL;
    if (roster == NULL) {
        free(cluster);
        return NULL;
    }
    char *name = (char *)(cluster + 1);
    memcpy(name, settings->name.at, settings->name.len);
    cluster->magic = CLUSTER_MAGIC;
    cluster->name = (struct text){name, settings->name.len};
    cluster->roster = roster;
    tell_weights(NULL, roster);
    cluster->retries = count_retries(cluster->name);
    pthread_mutex_init(&cluster->lock, NULL);
    return cluster;
}

struct cluster *cluster_open(const struct cluster_settings *settings)
{
    pthread_mutex_lock(&registry.lock);
    struct list *bucket = bucket_of(settings->name);
    struct cluster *cluster = find(bucket, settings->name);
    if (cluster == NULL && (cluster = cluster_new(settings)) != NULL)
        list_push(bucket, &cluster->node);
    if (cluster != NULL)
        cluster->refs++;
    pthread_mutex_unlock(&registry.lock);
    return cluster;
}

void cluster_ref(struct cluster *cluster)
{
    CHECK(cluster, CLUSTER_MAGIC);
    pthread_mutex_lock(&registry.lock);
    cluster->refs++;
    pthread_mutex_unlock(&registry.lock);
}

static void cluster_free(struct cluster *cluster)
{
    roster_unref(cluster->roster);
    counter_release(cluster->retries);
    pthread_mutex_destroy(&cluster->lock);
    cluster->magic = 0;
    free(cluster);
}

void cluster_unref(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    CHECK(cluster, CLUSTER_MAGIC);
    pthread_mutex_lock(&registry.lock);
    bool last = --cluster->refs == 0;
    if (last)
        list_remove(&cluster->node);
    pthread_mutex_unlock(&registry.lock);
    if (last)
        cluster_free(cluster);
}

void cluster_install(struct cluster *cluster, struct roster *roster)
{
    CHECK(cluster, CLUSTER_MAGIC);
    pthread_mutex_lock(&cluster->lock);
    struct roster *before = cluster->roster;
    cluster->roster = roster;
    tell_weights(before, roster);
    pthread_mutex_unlock(&cluster->lock);
    roster_unref(before);
}

struct roster *cluster_roster(struct cluster *cluster)
{
    CHECK(cluster, CLUSTER_MAGIC);
    pthread_mutex_lock(&cluster->lock);
    struct roster *roster = cluster->roster;
    roster_ref(roster);
    pthread_mutex_unlock(&cluster->lock);
    return roster;
}
