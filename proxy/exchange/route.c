/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/route.h"

#include <stdlib.h>

#include "exchange/site.h"

/* A pattern of the table, so that it is freed once however many hosts its route has. */
struct kept {
    struct regex *regex;
    struct kept *next;
};

struct route_table {
    struct map hosts;     /* "www.example.com": struct site */
    struct map wildcards; /* ".example.com": struct site */
    struct site any;
    struct kept *regexes;
    struct arena arena; /* sites and what they hold */
};

struct route_table *route_table_new(void)
{
    struct route_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    map_init(&table->hosts);
    map_init(&table->wildcards);
    site_init(&table->any);
    arena_init(&table->arena, 0);
    return table;
}

static void clear_sites(struct map *sites)
{
    size_t position = 0;
    for (const struct map_entry *entry; (entry = map_next(sites, &position)) != NULL;)
        site_clear(entry->value);
    map_clear(sites);
}

void route_table_free(struct route_table *table)
{
    if (table == NULL)
        return;
    clear_sites(&table->hosts);
    clear_sites(&table->wildcards);
    site_clear(&table->any);
    for (struct kept *kept = table->regexes; kept != NULL; kept = kept->next)
        regex_free(kept->regex);
    arena_clear(&table->arena);
    free(table);
}

static struct site *site_get(struct route_table *table, struct map *sites, struct text key)
{
    struct site *site = map_find(sites, key);
    if (site != NULL)
        return site;
    site = arena_take(&table->arena, sizeof *site);
    if (site == NULL)
        return NULL;
    site_init(site);
    return map_insert(sites, key, site, NULL) ? site : NULL;
}

static struct site *site_of_host(struct route_table *table, struct text host)
{
    if (text_equal(host, TEXT("*")))
        return &table->any;
    if (text_starts(host, TEXT("*.")))
        return site_get(table, &table->wildcards, text_sub(host, 1, host.len - 1));
    return site_get(table, &table->hosts, host);
}

static struct regex *keep_regex(struct route_table *table, struct text written)
{
    struct regex_error error;
    struct kept *kept = arena_take(&table->arena, sizeof *kept);
    struct regex *regex = kept != NULL ? regex_new(written, &error) : NULL;
    if (regex == NULL)
        return NULL;
    *kept = (struct kept){regex, table->regexes};
    table->regexes = kept;
    return regex;
}

bool route_table_add(struct route_table *table, const struct route *route)
{
    const struct route_settings *settings = route->settings;
    const struct regex *regex = NULL;
    if (settings->path_match == PATH_REGEX && (regex = keep_regex(table, settings->path)) == NULL)
        return false;
    if (settings->host_count == 0)
        return site_add(&table->any, route, regex, &table->arena);
    for (size_t i = 0; i < settings->host_count; i++) {
        struct site *site = site_of_host(table, settings->hosts[i]);
        if (site == NULL || !site_add(site, route, regex, &table->arena))
            return false;
    }
    return true;
}

static const struct fault *find_wildcard(const struct route_table *table, const struct route_ask *ask,
                                         const struct route **route)
{
    const struct fault *fault = NULL;
    struct text host = ask->host;
    for (size_t i = 1; i < host.len && table->wildcards.count > 0 && *route == NULL && fault == NULL; i++) {
        if (host.at[i] != '.')
            continue;
        const struct site *site = map_find(&table->wildcards, text_sub(host, i, host.len - i));
        if (site != NULL)
            fault = site_find(site, ask, route);
    }
    return fault;
}

const struct fault *route_table_find(const struct route_table *table, const struct route_ask *ask,
                                     const struct route **route)
{
    const struct site *site = table->hosts.count > 0 ? map_find(&table->hosts, ask->host) : NULL;
    *route = NULL;
    const struct fault *fault = site != NULL ? site_find(site, ask, route) : NULL;
    if (*route == NULL && fault == NULL)
        fault = find_wildcard(table, ask, route);
    if (*route == NULL && fault == NULL)
        fault = site_find(&table->any, ask, route);
    return *route == NULL && fault == NULL ? FAULT(no_route) : fault;
}
