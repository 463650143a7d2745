/* SPDX-License-Identifier: Apache-2.0 */
/* Cache zones, and what routes want of them. */
#include "conf/build.h"

void build_caches(struct build *build, struct section root)
{
    struct snapshot_settings *serve = &build->config->serve;
    struct item single;
    serve->zones = build_take(build, section_count(root, "caches"), sizeof *serve->zones);
    if (serve->zones == NULL)
        return;
    for (const struct item *item = section_items(root, "caches", &single); item != NULL; item = item->next) {
        struct section section = section_item(root, "caches", item);
        struct cache_zone_settings *zone = &serve->zones[serve->zone_count++];
        zone->name = build_text(build, item->key);
        zone->store.memory = section_number(section, "memory");
        zone->store.max_object = section_number(section, "max_object");
        if (zone->store.memory < zone->store.max_object)
            build_problem(
                build, item->value,
                "memory is less than max_object (8m, unless it is set): the largest answer must fit");
    }
}

static struct cache_key_setting read_part(struct build *build, struct text written)
{
    static const struct text words[] = {{"scheme", 6}, {"host", 4}, {"path", 4}, {"query", 5}, {"method", 6}};
    for (int part = 0; part < (int)(sizeof words / sizeof words[0]); part++)
        if (text_equal(written, words[part]))
            return (struct cache_key_setting){.part = (enum cache_key_part)part};
    size_t colon = text_find(written, ':');
    if (colon == written.len)
        return (struct cache_key_setting){0}; /* the schema has told */
    struct text name = text_sub(written, colon + 1, written.len - colon - 1);
    return (struct cache_key_setting){
        text_starts(written, TEXT("header:")) ? CACHE_KEY_HEADER : CACHE_KEY_COOKIE, build_text(build, name)};
}

static void build_key(struct build *build, struct section section, struct cache_settings *cache)
{
    static const struct text standard[] = {{"scheme", 6}, {"host", 4}, {"path", 4}, {"query", 5}};
    struct item single;
    size_t count = section_count(section, "key");
    size_t room = count > 0 ? count : sizeof standard / sizeof standard[0];
    cache->key = build_take(build, room, sizeof *cache->key);
    if (cache->key == NULL)
        return;
    for (size_t i = 0; count == 0 && i < room; i++)
        cache->key[cache->key_count++] = read_part(build, standard[i]);
    for (const struct item *item = section_items(section, "key", &single); item != NULL; item = item->next)
        cache->key[cache->key_count++] = read_part(build, item->value->text);
}

void build_cache(struct build *build, struct section section, struct route_settings *route)
{
    const struct node *node = section_node(section, "cache");
    struct section wanted = section_map(section, "cache");
    struct cache_settings *cache = &route->cache;
    if (node == NULL)
        return;
    cache->on = true;
    const struct name *zone =
        names_get(&build->validation->names[REFERENCE_CACHE], section_text(wanted, "zone"));
    cache->zone = zone == NULL ? 0 : zone->index;
    cache->tells_status = section_number(wanted, "status_header") != 0;
    cache->updates_behind = section_number(wanted, "background_update") != 0;
    cache->defaults.ttl = (int64_t)section_number(wanted, "ttl") / 1000;
    cache->defaults.stale_if_error = (int64_t)section_number(wanted, "stale_if_error") / 1000;
    build_key(build, wanted, cache);
    if (route->target != TARGET_UPSTREAM && route->target != TARGET_SPLIT)
        build_problem(build, node, "needs a route with upstream or split");
}
