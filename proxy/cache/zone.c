/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/zone.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cache_zone *zones;

static void tell(const struct cache_zone *zone, struct metrics_page *page, uint64_t value)
{
    metrics_sample(page, text_of(zone->labels), (int64_t)value);
}

static void read_bytes(struct metrics_source *source, struct metrics_page *page)
{
    struct cache_zone *zone = CONTAINER(source, struct cache_zone, bytes);
    tell(zone, page, cache_store_sizes(zone->store).bytes);
}

static void read_objects(struct metrics_source *source, struct metrics_page *page)
{
    struct cache_zone *zone = CONTAINER(source, struct cache_zone, objects);
    tell(zone, page, cache_store_sizes(zone->store).objects);
}

static void read_evictions(struct metrics_source *source, struct metrics_page *page)
{
    struct cache_zone *zone = CONTAINER(source, struct cache_zone, evictions);
    tell(zone, page, cache_store_sizes(zone->store).evicted);
}

static bool count(struct cache_zone *zone)
{
    struct buffer labels = {0};
    label_add(&labels, "cache", text_of(zone->name));
    buffer_byte(&labels, '\0');
    zone->labels = labels.short_of_room ? NULL : strdup(labels.at);
    buffer_clear(&labels);
    if (zone->labels == NULL)
        return false;
    zone->requests = counter_register(METRIC(cache_requests), zone->labels);
    zone->bytes = (struct metrics_source){.metric = METRIC(cache_bytes), .read = read_bytes};
    zone->objects = (struct metrics_source){.metric = METRIC(cache_objects), .read = read_objects};
    zone->evictions = (struct metrics_source){.metric = METRIC(cache_evictions), .read = read_evictions};
    metrics_source_add(&zone->bytes);
    metrics_source_add(&zone->objects);
    metrics_source_add(&zone->evictions);
    return true;
}

static void zone_free(struct cache_zone *zone)
{
    metrics_source_remove(&zone->bytes); /* harmless for those that were never added */
    metrics_source_remove(&zone->objects);
    metrics_source_remove(&zone->evictions);
    counter_release(zone->requests);
    cache_store_unref(zone->store);
    free(zone->labels);
    free(zone->name);
    free(zone);
}

static struct cache_zone *zone_new(const struct cache_zone_settings *settings)
{
    struct cache_zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL)
        return NULL;
    zone->refs = 1;
    zone->requests = COUNTER_NONE;
    zone->name = strndup(settings->name.at, settings->name.len);
    zone->store = cache_store_new(&settings->store);
    if (zone->name != NULL && zone->store != NULL && count(zone))
        return zone;
    zone_free(zone);
    return NULL;
}

static void resize(struct cache_zone *zone, const struct cache_zone_settings *settings)
{
    cache_store_resize(zone->store, &settings->store);
    size_t most = cache_store_max_object(zone->store);
    if (most < settings->store.max_object)
        log_write(
            LOG_WARN,
            "cache %s: answers larger than %zu bytes are not stored, though max_object is %zu: it was divided for "
            "smaller ones when weir started; restart weir, or give the cache another name",
            zone->name, most, settings->store.max_object);
}

static struct cache_zone *find(struct text name)
{
    struct cache_zone *zone = zones;
    while (zone != NULL && !text_equal(text_of(zone->name), name))
        zone = zone->next;
    return zone;
}

struct cache_zone *cache_zone_open(const struct cache_zone_settings *settings)
{
    pthread_mutex_lock(&lock);
    struct cache_zone *zone = find(settings->name);
    if (zone != NULL) {
        zone->refs++;
        resize(zone, settings);
    } else if ((zone = zone_new(settings)) != NULL) {
        zone->next = zones;
        zones = zone;
    }
    pthread_mutex_unlock(&lock);
    return zone;
}

void cache_zone_unref(struct cache_zone *zone)
{
    if (zone == NULL)
        return;
    pthread_mutex_lock(&lock);
    bool last = --zone->refs == 0;
    struct cache_zone **at = &zones;
    while (last && *at != zone)
        at = &(*at)->next;
    if (last)
        *at = zone->next;
    pthread_mutex_unlock(&lock);
    if (last)
        zone_free(zone);
}
