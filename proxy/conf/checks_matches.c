/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/checks.h"

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

static void note_match(struct matches *matches, size_t index, struct text host, struct place place)
{
    const struct route_settings *route = &matches->build->config->serve.routes[index];
    struct text key = arena_format(matches->arena, "%zu %.*s %d%.*s", route->front, TEXT_ARGS(host),
                                   route->path_match == PATH_EXACT, TEXT_ARGS(path_key(route)));
    if (key.at == NULL)
        return;
    const struct name *seen = names_get(&matches->seen, key);
    if (seen == NULL) {
        struct name *name = names_add(&matches->seen, key, place);
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

/* Conditions that this build can't compare are reported as such already. A path that isn't valid has no
 * form to compare. */
static bool is_comparable(struct section route, const struct route_settings *settings)
{
    struct section match = section_map(route, "match");
    if (route.node->kind != NODE_MAP || (settings->path_match != PATH_ANY && settings->path.len == 0))
        return false;
    return section_node(match, "path_regex") == NULL && section_node(match, "method") == NULL &&
           section_node(match, "headers") == NULL && section_node(match, "query") == NULL;
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
