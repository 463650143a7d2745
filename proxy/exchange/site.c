/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/site.h"

#include "base/log.h"
#include "exchange/route.h"

struct candidate {
    const struct route *route;
    const struct regex *regex; /* NULL: the path fits already */
    size_t conditions;
    struct candidate *next;
};

void site_init(struct site *site)
{
    *site = (struct site){0};
    map_init(&site->exact);
    map_init(&site->prefixes);
}

void site_clear(struct site *site)
{
    map_clear(&site->exact);
    map_clear(&site->prefixes);
}

static void candidates_put(struct candidates *row, struct candidate *candidate)
{
    struct candidate **place = &row->first;
    if (row->last != NULL && row->last->conditions >= candidate->conditions)
        place = &row->last->next; /* the common case: thousands may be alike */
    while (*place != NULL && (*place)->conditions >= candidate->conditions)
        place = &(*place)->next;
    candidate->next = *place;
    *place = candidate;
    if (candidate->next == NULL)
        row->last = candidate;
}

static struct candidates *row_of(struct map *map, struct text path, struct arena *arena)
{
    struct candidates *row = map_find(map, path);
    if (row != NULL)
        return row;
    row = arena_take_zeroed(arena, sizeof *row);
    return row != NULL && map_insert(map, path, row, NULL) ? row : NULL;
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

/* NULL when out of memory. The prefix "/" is any path. */
static struct candidates *site_row(struct site *site, const struct route_settings *settings,
                                   struct arena *arena)
{
    if (settings->path_match == PATH_REGEX)
        return &site->regexes;
    if (settings->path_match == PATH_EXACT)
        return row_of(&site->exact, settings->path, arena);
    struct text prefix = without_last_slash(settings->path);
    if (settings->path_match == PATH_ANY || prefix.len == 0)
        return &site->any;
    size_t segments = count_segments(prefix);
    site->deepest = segments > site->deepest ? segments : site->deepest;
    return row_of(&site->prefixes, prefix, arena);
}

bool site_add(struct site *site, const struct route *route, const struct regex *regex, struct arena *arena)
{
    struct candidates *row = site_row(site, route->settings, arena);
    struct candidate *candidate = arena_take(arena, sizeof *candidate);
    if (row == NULL || candidate == NULL)
        return false;
    *candidate = (struct candidate){route, regex, match_count(&route->settings->match), NULL};
    candidates_put(row, candidate);
    return true;
}

static bool fits(const struct candidate *candidate, const struct route_ask *ask)
{
    const struct header_setting *which;
    return candidate->conditions == 0 ||
           match_unmet(&candidate->route->settings->match, ask, &which) == MATCH_ALL;
}

/* row may be NULL. */
static const struct route *first_fit(const struct candidates *row, const struct route_ask *ask)
{
    const struct candidate *candidate = row != NULL ? row->first : NULL;
    while (candidate != NULL && !fits(candidate, ask))
        candidate = candidate->next;
    return candidate != NULL ? candidate->route : NULL;
}

static const struct fault *give_up(const struct candidate *candidate, const struct route_ask *ask)
{
    log_write_limited(
        LOG_WARN, "route %.*s: path_regex took too much work for a path of %zu bytes: the request is refused",
        TEXT_ARGS(candidate->route->settings->name), ask->path.len);
    return FAULT(route_undecided);
}

/* The conditions come first: they cost less than a pattern. A pattern that gives up may guard what a less specific route
 * lets through, so nothing behind it is asked. */
static const struct fault *find_regex(const struct site *site, const struct route_ask *ask,
                                      const struct route **route)
{
    for (const struct candidate *one = site->regexes.first; one != NULL; one = one->next) {
        enum regex_result result = fits(one, ask) ? regex_match(one->regex, ask->path) : REGEX_DIFFERS;
        if (result == REGEX_GAVE_UP)
            return give_up(one, ask);
        if (result == REGEX_MATCHES) {
            *route = one->route;
            return NULL;
        }
    }
    return NULL;
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

static const struct route *find_prefix(const struct site *site, const struct route_ask *ask)
{
    struct text prefix = first_segments(without_last_slash(ask->path), site->deepest);
    for (; prefix.len > 0; prefix = parent(prefix)) {
        const struct route *route = first_fit(map_find(&site->prefixes, prefix), ask);
        if (route != NULL)
            return route;
    }
    return NULL;
}

const struct fault *site_find(const struct site *site, const struct route_ask *ask,
                              const struct route **route)
{
    const struct fault *fault = NULL;
    *route = first_fit(map_find(&site->exact, ask->path), ask);
    if (*route == NULL)
        *route = find_prefix(site, ask);
    if (*route == NULL)
        fault = find_regex(site, ask, route);
    if (*route == NULL && fault == NULL)
        *route = first_fit(&site->any, ask);
    return fault;
}
