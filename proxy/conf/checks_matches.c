/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/checks.h"

#include <stdlib.h>

/* The routes so far, by what they match. */
struct matches {
    struct build *build;
    struct arena *arena;
    struct names seen;
};

/* Any path and the prefix "/" are the same. */
static struct text path_key(const struct route_settings *route)
{
    return route->path_match == PATH_ANY ? TEXT("/") : route->path;
}

static int compare_texts(const void *left, const void *right)
{
    const struct text *a = left, *b = right;
    size_t common = a->len < b->len ? a->len : b->len;
    int order = common == 0 ? 0 : memcmp(a->at, b->at, common);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Lengths keep apart what could be read in two ways. */
static struct text pair_key(struct arena *arena, const char *kind, const struct header_setting *pair)
{
    struct text key = arena_format(arena, " %s%zu=%zu=", kind, pair->name.len, pair->value.len);
    size_t name_at = key.len;
    bool complete = key.at != NULL && arena_append(arena, &key, pair->name.at, pair->name.len) &&
                    arena_append(arena, &key, pair->value.at, pair->value.len);
    char *name = (char *)(uintptr_t)key.at + name_at; /* just made: still ours to change */
    for (size_t i = 0; complete && kind[0] == 'h' && i < pair->name.len; i++)
        name[i] = ascii_lower(name[i]);
    return complete ? key : TEXT("");
}

/* Each condition as a text; so many of them. */
static size_t list_conditions(struct arena *arena, const struct match_settings *match, struct text *list)
{
    size_t count = 0;
    for (size_t i = 0; i < match->method_count; i++)
        list[count++] = arena_format(arena, " m%.*s", TEXT_ARGS(match->methods[i]));
    for (size_t i = 0; i < match->header_count; i++)
        list[count++] = pair_key(arena, "h", &match->headers[i]);
    for (size_t i = 0; i < match->query_count; i++)
        list[count++] = pair_key(arena, "q", &match->queries[i]);
    return count;
}

/* The same for conditions that are the same in another order. */
static struct text conditions_key(struct arena *arena, const struct match_settings *match)
{
    struct text key = TEXT("");
    size_t most = match->method_count + match->header_count + match->query_count;
    struct text *list = most > 0 ? arena_take(arena, most * sizeof *list) : NULL;
    if (list == NULL)
        return key;
    size_t count = list_conditions(arena, match, list);
    qsort(list, count, sizeof *list, compare_texts);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !text_equal(list[i], list[i - 1]))
            (void)arena_append(arena, &key, list[i].at, list[i].len);
    return key;
}

static struct text match_key(struct arena *arena, const struct route_settings *route, size_t front,
                             struct text host)
{
    struct text path = path_key(route), conditions = conditions_key(arena, &route->match);
    int kind = route->path_match == PATH_ANY ? PATH_PREFIX : (int)route->path_match;
    struct text key = arena_format(arena, "%zu %.*s %d%zu=", front, TEXT_ARGS(host), kind, path.len);
    bool complete = key.at != NULL && arena_append(arena, &key, path.at, path.len) &&
                    arena_append(arena, &key, conditions.at, conditions.len);
    return complete ? key : TEXT_NONE;
}

/* An earlier one for the same listener, or for all of them. */
static const struct name *earlier(const struct matches *matches, const struct route_settings *route,
                                  struct text host)
{
    const struct name *same = names_get(&matches->seen, match_key(matches->arena, route, route->front, host));
    return same != NULL ? same : names_get(&matches->seen, match_key(matches->arena, route, SIZE_MAX, host));
}

static void note_match(struct matches *matches, size_t index, struct text host, struct place place)
{
    const struct route_settings *route = &matches->build->config->serve.routes[index];
    const struct name *seen = earlier(matches, route, host);
    if (seen == NULL) {
        struct text key = match_key(matches->arena, route, route->front, host);
        struct name *name = key.at == NULL ? NULL : names_add(&matches->seen, key, place);
        if (name != NULL)
            name->index = index;
        return;
    }
    if (seen->index != index)
        problem_warn(
            matches->build->problems, place,
            "routes[%zu]: never meets a request: the route in %s:%u:%u matches the same and comes first",
            index, seen->place.file, seen->place.line, seen->place.column);
}

/* A path that isn't valid has no form to compare. */
static bool is_comparable(struct section route, const struct route_settings *settings)
{
    return route.node->kind == NODE_MAP && (settings->path_match == PATH_ANY || settings->path.len > 0);
}

static void note_route(struct matches *matches, struct section route, size_t index)
{
    const struct route_settings *settings = &matches->build->config->serve.routes[index];
    if (!is_comparable(route, settings))
        return;
    for (size_t i = 0; i < settings->host_count; i++)
        note_match(matches, index, settings->hosts[i], route.node->place);
    if (settings->host_count == 0)
        note_match(matches, index, TEXT("*"), route.node->place);
}

void checks_matches(struct build *build, struct section root, struct arena *arena)
{
    struct matches matches = {.build = build, .arena = arena};
    struct item single;
    size_t index = 0;
    names_init(&matches.seen, arena);
    const struct item *item = section_items(root, "routes", &single);
    for (; item != NULL && index < build->config->serve.route_count; item = item->next)
        note_route(&matches, section_item(root, "routes", item), index++);
}
