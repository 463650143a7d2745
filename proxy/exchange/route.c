/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/route.h"

#include <stdlib.h>

#include "base/map.h"

/* The routes of one host. */
struct site {
    struct map exact;    /* path: struct route */
    struct map prefixes; /* path without trailing slash: struct route */
    size_t deepest;      /* segments of the longest prefix */
    const struct route *any;
};

struct route_table {
    struct map hosts;     /* "www.example.com": struct site */
    struct map wildcards; /* ".example.com": struct site */
    struct site any;
};

static void site_init(struct site *site)
{
    *site = (struct site){0};
    map_init(&site->exact);
    map_init(&site->prefixes);
}

static void site_clear(struct site *site)
{
    map_clear(&site->exact);
    map_clear(&site->prefixes);
}

struct route_table *route_table_new(void)
{
    struct route_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    map_init(&table->hosts);
    map_init(&table->wildcards);
    site_init(&table->any);
    return table;
}

static void free_sites(struct map *sites)
{
    size_t position = 0;
    for (const struct map_entry *entry; (entry = map_next(sites, &position)) != NULL;) {
        site_clear(entry->value);
        free(entry->value);
    }
    map_clear(sites);
}

void route_table_free(struct route_table *table)
{
    if (table == NULL)
        return;
    free_sites(&table->hosts);
    free_sites(&table->wildcards);
    site_clear(&table->any);
    free(table);
}

static size_t count_segments(struct text path)
{
    size_t count = 0;
    for (size_t i = 0; i < path.len; i++)
        count += path.at[i] == '/';
    return count;
}

static struct text without_last_slash(struct text path)
{
    if (path.len > 0 && path.at[path.len - 1] == '/')
        path.len--;
    return path;
}

/* The earlier in the file stays. */
static bool put_first(struct map *map, struct text key, const struct route *route)
{
    return map_find(map, key) != NULL || map_insert(map, key, (void *)(uintptr_t)route, NULL);
}

static bool site_add(struct site *site, const struct route *route)
{
    struct text path = route->settings->path;
    if (route->settings->path_match == PATH_EXACT)
        return put_first(&site->exact, path, route);
    path = without_last_slash(path);
    if (route->settings->path_match == PATH_ANY || path.len == 0) {
        site->any = site->any != NULL ? site->any : route;
        return true;
    }
    size_t segments = count_segments(path);
    site->deepest = segments > site->deepest ? segments : site->deepest;
    return put_first(&site->prefixes, path, route);
}

static struct site *site_get(struct map *sites, struct text key)
{
    struct site *site = map_find(sites, key);
    if (site != NULL)
        return site;
    site = malloc(sizeof *site);
    if (site == NULL)
        return NULL;
    site_init(site);
    if (map_insert(sites, key, site, NULL))
        return site;
    free(site);
    return NULL;
}

static struct site *site_of_host(struct route_table *table, struct text host)
{
    if (text_equal(host, TEXT("*")))
        return &table->any;
    if (text_starts(host, TEXT("*.")))
        return site_get(&table->wildcards, text_sub(host, 1, host.len - 1));
    return site_get(&table->hosts, host);
}

bool route_table_add(struct route_table *table, const struct route *route)
{
    if (route->settings->host_count == 0)
        return site_add(&table->any, route);
    for (size_t i = 0; i < route->settings->host_count; i++) {
        struct site *site = site_of_host(table, route->settings->hosts[i]);
        if (site == NULL || !site_add(site, route))
            return false;
    }
    return true;
}

/* The end of the first count segments, so that a path of a thousand segments costs no thousand lookups. */
static struct text first_segments(struct text path, size_t count)
{
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/' && count-- == 0)
            return text_sub(path, 0, i);
    return path;
}

static struct text parent(struct text path)
{
    while (path.len > 0 && path.at[path.len - 1] != '/')
        path.len--;
    return without_last_slash(path);
}

static const struct route *site_find(const struct site *site, struct text path)
{
    const struct route *route = map_find(&site->exact, path);
    if (route != NULL)
        return route;
    for (struct text prefix = first_segments(without_last_slash(path), site->deepest); prefix.len > 0;
         prefix = parent(prefix)) {
        route = map_find(&site->prefixes, prefix);
        if (route != NULL)
            return route;
    }
    return site->any;
}

static const struct route *find_wildcard(const struct route_table *table, struct text host, struct text path)
{
    for (size_t i = 1; i < host.len && table->wildcards.count > 0; i++) {
        if (host.at[i] != '.')
            continue;
        const struct site *site = map_find(&table->wildcards, text_sub(host, i, host.len - i));
        const struct route *route = site != NULL ? site_find(site, path) : NULL;
        if (route != NULL)
            return route;
    }
    return NULL;
}

const struct route *route_table_find(const struct route_table *table, struct text host, struct text path)
{
    const struct site *site = table->hosts.count > 0 ? map_find(&table->hosts, host) : NULL;
    const struct route *route = site != NULL ? site_find(site, path) : NULL;
    if (route == NULL)
        route = find_wildcard(table, host, path);
    return route != NULL ? route : site_find(&table->any, path);
}
