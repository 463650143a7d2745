/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/caches.h"

#include <inttypes.h>

#include "admin/answer.h"
#include "admin/body.h"
#include "base/log.h"
#include "base/metrics.h"
#include "exchange/redirects/detours.h"

static uint64_t add_requests(struct buffer *out, const struct cache_zone *zone, uint64_t *without_backend)
{
    uint64_t all = 0;
    *without_backend = 0;
    for (unsigned i = 0; i < CACHE_OUTCOME_COUNT; i++) {
        uint64_t count = counter_sum(zone->requests + i);
        all += i == CACHE_bypass ? 0 : count;
        *without_backend += i == CACHE_hit || i == CACHE_stale || i == CACHE_collapsed ? count : 0;
        buffer_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", cache_outcome_name(i), count);
    }
    return all;
}

static void add_zone(struct buffer *out, const struct cache_zone *zone)
{
    struct cache_store_sizes sizes = cache_store_sizes(zone->store);
    uint64_t without_backend;
    buffer_add(out, TEXT("{\"name\":"));
    buffer_json_string(out, text_of(zone->name));
    buffer_printf(out, ",\"bytes\":%zu,\"objects\":%zu,\"evicted\":%" PRIu64 ",\"requests\":{", sizes.bytes,
                  sizes.objects, sizes.evicted);
    uint64_t all = add_requests(out, zone, &without_backend);
    unsigned share = all > 0 ? (unsigned)(without_backend * 1000 / all) : 0;
    buffer_printf(out, "},\"hit_ratio\":%u.%03u}", share / 1000, share % 1000);
}

struct stream *show_caches(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"caches\":["));
    for (size_t i = 0; i < ask->serving->settings->zone_count; i++) {
        buffer_add(&body, i > 0 ? TEXT(",") : TEXT(""));
        add_zone(&body, ask->serving->zones[i]);
    }
    buffer_add(&body, TEXT("]}"));
    return answer_json(ask->exchange, 200, &body);
}

static struct cache_zone *find(const struct snapshot *serving, struct text name)
{
    for (size_t i = 0; i < serving->settings->zone_count; i++)
        if (text_equal(text_of(serving->zones[i]->name), name))
            return serving->zones[i];
    return NULL;
}

struct purge {
    bool (*matches)(const struct cache_object *object, const void *what);
    struct cache_url url;
    struct text tag;
    const char *by;
    bool soft;
};

static bool is_url(const struct cache_object *object, const void *what)
{
    const struct purge *purge = what;
    struct cache_url url;
    return cache_url_read(&url, object->url) && cache_url_equal(&url, &purge->url, object->keyed);
}

static bool has_prefix(const struct cache_object *object, const void *what)
{
    const struct purge *purge = what;
    struct cache_url url;
    return cache_url_read(&url, object->url) && cache_url_starts(&url, &purge->url, object->keyed);
}

/* Surrogate-Key has them apart by spaces, Cache-Tag by commas. */
static bool lists(struct text list, char separator, struct text tag)
{
    for (struct text part; text_split(&list, separator, &part);)
        if (text_equal(text_trim(part), tag))
            return true;
    return false;
}

static bool has_tag(const struct cache_object *object, const void *what)
{
    const struct purge *purge = what;
    for (unsigned i = 0; i < object->fields.count; i++) {
        const struct field *field = &object->fields.at[i];
        bool surrogate = field->id == FIELD_SURROGATE_KEY;
        if ((surrogate || field->id == FIELD_CACHE_TAG) &&
            lists(field->value, surrogate ? ' ' : ',', purge->tag))
            return true;
    }
    return false;
}

static bool is_any(const struct cache_object *object, const void *what)
{
    (void)object;
    (void)what;
    return true;
}

/* Scheme and host are compared in lower case, as they are stored. The text is the caller's own copy. */
static void lower(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        ((char *)(uintptr_t)text.at)[i] = ascii_lower(text.at[i]);
}

static const char *read_url(const struct ask *ask, const struct json *value, struct purge *purge)
{
    struct text copy = arena_copy(ask->exchange->down->arena, json_text(value));
    if (copy.at == NULL || !cache_url_read(&purge->url, copy))
        return "url and prefix need a whole URL, such as https://example.com/path";
    lower(purge->url.parts[CACHE_URL_SCHEME]);
    lower(purge->url.parts[CACHE_URL_HOST]);
    return NULL;
}

/* NULL, or what is wrong with the body. */
static const char *read_purge(const struct ask *ask, const struct json *object, struct purge *purge)
{
    const struct json *url = json_get(object, "url"), *prefix = json_get(object, "prefix");
    const struct json *tag = json_get(object, "tag"), *all = json_get(object, "all");
    const struct json *soft = json_get(object, "soft");
    if ((url != NULL) + (prefix != NULL) + (tag != NULL) + (all != NULL) != 1)
        return "say one of url, prefix, tag and all";
    if ((soft != NULL && soft->kind != JSON_BOOLEAN) ||
        (all != NULL && (all->kind != JSON_BOOLEAN || !all->truth)))
        return "all and soft need true";
    *purge = (struct purge){.soft = soft != NULL && soft->truth, .tag = json_text(tag)};
    purge->by = url != NULL ? "by url" : prefix != NULL ? "by prefix" : tag != NULL ? "by tag" : "all";
    purge->matches = url != NULL ? is_url : prefix != NULL ? has_prefix : tag != NULL ? has_tag : is_any;
    if (tag != NULL && purge->tag.len == 0)
        return "tag needs a word";
    return url != NULL || prefix != NULL ? read_url(ask, url != NULL ? url : prefix, purge) : NULL;
}

static struct stream *answer_purge(const struct ask *ask, struct cache_zone *zone, const struct json *object)
{
    struct purge purge;
    struct buffer body = BUFFER_EMPTY;
    const char *problem = read_purge(ask, object, &purge);
    if (problem != NULL)
        return answer_error(ask->exchange, 400, problem);
    size_t count = cache_store_purge(zone->store, purge.matches, &purge, purge.soft);
    detours_forget_all(); /* what is told anew may lead elsewhere */
    /* not the URL: there may be secrets in it */
    log_write_limited(LOG_INFO, "cache %s: %zu stored answers %s through the admin API: %s", zone->name,
                      count, purge.soft ? "made stale" : "purged", purge.by);
    buffer_printf(&body, "{\"purged\":%zu}", count);
    return answer_json(ask->exchange, 200, &body);
}

struct stream *order_purge(const struct ask *ask)
{
    static const char *const keys[] = {"url", "prefix", "tag", "all", "soft", NULL};
    struct cache_zone *zone = find(ask->serving, ask->names[0]);
    if (zone == NULL)
        return answer_error(ask->exchange, 404, "there is no cache of this name");
    struct body body = body_read(ask, keys);
    struct stream *answer = body.object != NULL ? answer_purge(ask, zone, body.object) : body.refusal;
    body_clear(&body);
    return answer;
}
