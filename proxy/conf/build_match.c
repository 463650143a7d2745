/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"
#include "exchange/regex.h"
#include "http/target.h"

static struct text build_host(struct build *build, struct text written)
{
    struct text host = build_text(build, written);
    char *lower = (char *)(uintptr_t)host.at; /* just made: still ours to change */
    for (size_t i = 0; i < host.len; i++)
        lower[i] = ascii_lower(lower[i]);
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

static void build_hosts(struct build *build, struct section match, struct route_settings *route)
{
    struct item single;
    route->hosts = build_take(build, section_count(match, "host"), sizeof *route->hosts);
    if (route->hosts == NULL)
        return;
    for (const struct item *item = section_items(match, "host", &single); item != NULL; item = item->next)
        if (form_host(item->value->text) == NULL)
            route->hosts[route->host_count++] = build_host(build, item->value->text);
}

/* A prefix matches by whole segments, so a slash at its end says nothing. */
static size_t without_slash(const char *path, size_t len)
{
    return len > 1 && path[len - 1] == '/' ? len - 1 : len;
}

static void build_path(struct build *build, const struct node *node, struct route_settings *route)
{
    char *normalized = build_take(build, node->text.len + 1, 1);
    size_t len = 0;
    if (normalized == NULL || form_path(node->text) != NULL)
        return;
    if (!target_normalize_path(node->text, normalized, &len)) {
        build_problem(build, node,
                      "no request can have this path: it leaves the root, or has a malformed %%-escape");
        return;
    }
    route->path =
        (struct text){normalized, route->path_match == PATH_PREFIX ? without_slash(normalized, len) : len};
}

static void build_regex(struct build *build, const struct node *node, struct route_settings *route)
{
    struct regex_error error;
    if (node->unresolved || form_not_empty(node->text) != NULL)
        return;
    route->path = build_text(build, node->text);
    if (!regex_is_valid(node->text, &error))
        build_problem(build, node, "%s, at offset %zu of the pattern", error.message, error.offset);
}

static struct header_setting *build_pairs(struct build *build, struct section match, const char *key,
                                          size_t *count)
{
    struct item single;
    struct header_setting *pairs = build_take(build, section_count(match, key), sizeof *pairs);
    if (pairs == NULL)
        return NULL;
    for (const struct item *item = section_items(match, key, &single); item != NULL; item = item->next) {
        struct header_setting *pair = &pairs[(*count)++];
        pair->name = build_text(build, item->key);
        pair->value = build_text(build, item->value->text);
    }
    return pairs;
}

static void build_conditions(struct build *build, struct section match, struct match_settings *conditions)
{
    conditions->headers = build_pairs(build, match, "headers", &conditions->header_count);
    conditions->queries = build_pairs(build, match, "query", &conditions->query_count);
    conditions->method_count = build_texts(build, match, "method", &conditions->methods);
}

static void build_path_match(struct build *build, struct section match, struct route_settings *route)
{
    static const char *const keys[] = {
        [PATH_PREFIX] = "path", [PATH_EXACT] = "path_exact", [PATH_REGEX] = "path_regex"};
    static const enum path_match kinds[] = {PATH_PREFIX, PATH_EXACT, PATH_REGEX};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && route->path_match == PATH_ANY; i++) {
        const struct node *node = section_node(match, keys[kinds[i]]);
        if (node == NULL)
            continue;
        route->path_match = kinds[i];
        if (node->kind == NODE_SCALAR && kinds[i] == PATH_REGEX)
            build_regex(build, node, route);
        else if (node->kind == NODE_SCALAR)
            build_path(build, node, route);
    }
}

void build_match(struct build *build, struct section match, struct route_settings *route)
{
    build_hosts(build, match, route);
    build_path_match(build, match, route);
    build_conditions(build, match, &route->match);
}
