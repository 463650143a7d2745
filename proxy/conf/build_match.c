/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"
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
        problem_add(build->problems, node->place,
                    "no request can have this path: it leaves the root, or has a malformed %%-escape");
        return;
    }
    route->path =
        (struct text){normalized, route->path_match == PATH_PREFIX ? without_slash(normalized, len) : len};
}

void build_match(struct build *build, struct section match, struct route_settings *route)
{
    const struct node *prefix = section_node(match, "path"), *exact = section_node(match, "path_exact");
    const struct node *path = prefix != NULL ? prefix : exact;
    build_hosts(build, match, route);
    route->path_match = prefix != NULL ? PATH_PREFIX : exact != NULL ? PATH_EXACT : PATH_ANY;
    if (path != NULL && path->kind == NODE_SCALAR)
        build_path(build, path, route);
}
