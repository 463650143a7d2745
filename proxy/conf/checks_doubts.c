/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings: what works as it is written, but is probably not meant. */
#include "conf/checks.h"
#include "conf/methods.h"
#include "http/head.h"

/* What they are about, for each message. */
struct subject {
    struct build *build;
    struct section section;
    char way[160]; /* "routes[3]", "upstreams.app" */
};

static void doubt_methods(const struct subject *route)
{
    struct item single;
    struct section match = section_map(route->section, "match");
    for (const struct item *item = section_items(match, "method", &single); item != NULL; item = item->next) {
        struct text method = item->value->text;
        if (item->value->kind != NODE_SCALAR || item->value->from_environment || !text_is_token(method) ||
            method_is_known(method))
            continue;
        struct text near = method_nearest(method);
        problem_warn(route->build->problems, item->value->place,
                     "%s.match.method: HTTP/1 has no method '%.*s'%s%.*s%s", route->way, TEXT_ARGS(method),
                     near.len > 0 ? "; did you mean '" : "", TEXT_ARGS(near), near.len > 0 ? "'?" : "");
    }
}

/* Whether a path of that prefix, which has no slash at its end, may be below the other one. */
static bool is_below(struct text path, struct text prefix)
{
    return text_starts(path, prefix) && (path.len == prefix.len || path.at[prefix.len] == '/');
}

static void doubt_strip(const struct subject *route, const struct route_settings *settings)
{
    struct text strip = settings->rewrite.strip_prefix;
    const struct node *node = section_node(section_map(route->section, "rewrite"), "strip_prefix");
    bool fixed = settings->path_match == PATH_EXACT || settings->path_match == PATH_PREFIX;
    if (node == NULL || strip.len == 0 || !fixed || is_below(settings->path, strip))
        return;
    if (settings->path_match == PATH_PREFIX && (settings->path.len <= 1 || is_below(strip, settings->path)))
        return;
    problem_warn(route->build->problems, node->place,
                 "%s.rewrite.strip_prefix: no path of this route begins with it", route->way);
}

static void doubt_idle_keys(const struct subject *route, const struct route_settings *settings)
{
    static const char *const keys[] = {"rewrite", "retries", "redirects"};
    if (settings->target != TARGET_REDIRECT && settings->target != TARGET_RESPOND)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *node = section_node(route->section, keys[i]);
        if (node != NULL)
            problem_warn(route->build->problems, node->place,
                         "%s.%s: does nothing: no upstream answers this route", route->way, keys[i]);
    }
}

static void doubt_cache(const struct subject *route, const struct route_settings *settings)
{
    const struct node *node = section_node(section_map(route->section, "cache"), "key");
    for (size_t i = 0; i < settings->cache.key_count; i++)
        if (settings->cache.key[i].part == CACHE_KEY_PATH)
            return;
    if (node != NULL && settings->cache.key_count > 0)
        problem_warn(route->build->problems, node->place,
                     "%s.cache.key: without path all paths get the same answer", route->way);
}

static void doubt_body(const struct subject *route, const struct route_settings *settings)
{
    const struct node *node = section_node(section_map(route->section, "respond"), "body");
    if (node != NULL && settings->target == TARGET_RESPOND && settings->respond.body.len > 0 &&
        status_has_no_body(settings->respond.status))
        problem_warn(route->build->problems, node->place,
                     "%s.respond.body: is not sent: an answer of status %u has no body", route->way,
                     settings->respond.status);
}

static void doubt_routes(struct build *build, struct section root)
{
    struct item single;
    size_t index = 0;
    const struct item *item = section_items(root, "routes", &single);
    for (; item != NULL && index < build->config->serve.route_count; item = item->next, index++) {
        const struct route_settings *settings = &build->config->serve.routes[index];
        struct subject route = {build, section_item(root, "routes", item), ""};
        if (route.section.node->kind != NODE_MAP)
            continue;
        snprintf(route.way, sizeof route.way, "routes[%zu]", index);
        doubt_methods(&route);
        doubt_strip(&route, settings);
        doubt_idle_keys(&route, settings);
        doubt_body(&route, settings);
        doubt_cache(&route, settings);
    }
}

static void doubt_weights(const struct subject *upstream, const struct cluster_settings *settings)
{
    const struct node *node = section_node(upstream->section, "endpoints");
    unsigned most = 0;
    for (size_t i = 0; i < settings->endpoint_count; i++)
        most = settings->endpoints[i].weight > most ? settings->endpoints[i].weight : most;
    if (node != NULL && most == 0 && settings->endpoint_count > 0 && settings->discovery.name.len == 0)
        problem_warn(upstream->build->problems, node->place,
                     "%s.endpoints: every weight is 0, so no endpoint gets a request", upstream->way);
}

static void doubt_twins(const struct subject *upstream, struct arena *arena)
{
    struct names seen;
    struct item single;
    size_t index = 0;
    names_init(&seen, arena);
    const struct item *item = section_items(upstream->section, "endpoints", &single);
    for (; item != NULL; item = item->next, index++) {
        struct text address = section_text(section_item(upstream->section, "endpoints", item), "address");
        const struct name *first = names_get(&seen, address);
        if (first != NULL)
            problem_warn(
                upstream->build->problems, item->value->place,
                "%s.endpoints[%zu]: stands in %s:%u:%u too; it is one endpoint with the sum of the weights",
                upstream->way, index, first->place.file, first->place.line, first->place.column);
        else if (address.len > 0)
            (void)names_add(&seen, address, item->value->place);
    }
}

static void doubt_check(const struct subject *upstream, const struct cluster_settings *settings)
{
    const struct node *path = section_node(section_map(upstream->section, "health_check"), "path");
    if (path != NULL && settings->probe.kind == PROBE_TCP)
        problem_warn(upstream->build->problems, path->place,
                     "%s.health_check.path: is not asked for: with tcp: on a connection is enough",
                     upstream->way);
}

static void doubt_authorities(const struct subject *upstream)
{
    struct section tls = section_map(upstream->section, "tls");
    const struct node *ca = section_node(tls, "ca");
    if (ca != NULL && section_number(tls, "verify") == 0)
        problem_warn(upstream->build->problems, ca->place,
                     "%s.tls.ca: is not used: with verify: off every certificate is taken", upstream->way);
}

static void doubt_upstreams(struct build *build, struct section root, struct arena *arena)
{
    struct item single;
    size_t index = 0;
    const struct item *item = section_items(root, "upstreams", &single);
    for (; item != NULL && index < build->config->serve.cluster_count; item = item->next, index++) {
        const struct cluster_settings *settings = &build->config->serve.clusters[index];
        struct subject upstream = {build, section_item(root, "upstreams", item), ""};
        if (upstream.section.node->kind != NODE_MAP)
            continue;
        snprintf(upstream.way, sizeof upstream.way, "upstreams.%.*s", TEXT_ARGS(item->key));
        doubt_weights(&upstream, settings);
        doubt_twins(&upstream, arena);
        doubt_check(&upstream, settings);
        doubt_authorities(&upstream);
    }
}

static void doubt_early_data(struct build *build, struct section tls, size_t index)
{
    const struct node *early = section_node(tls, "early_data");
    if (early != NULL && section_number(tls, "early_data") != 0 &&
        text_equal(section_text(tls, "session_tickets"), TEXT("off")))
        problem_warn(build->problems, early->place,
                     "listeners[%zu].tls.early_data: never comes: it needs a session to resume, which "
                     "session_tickets: off forbids",
                     index);
}

static void doubt_listeners(struct build *build, struct section root)
{
    struct item single;
    size_t index = 0;
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL;
         item = item->next, index++)
        doubt_early_data(build, section_map(section_item(root, "listeners", item), "tls"), index);
}

void checks_doubts(struct build *build, struct section root, struct arena *arena)
{
    doubt_listeners(build, root);
    doubt_routes(build, root);
    doubt_upstreams(build, root, arena);
}
