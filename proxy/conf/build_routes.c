/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"

static void build_redirect(struct build *build, struct section redirect, struct route_settings *route)
{
    uint64_t status = 308;
    route->redirect.to = build_template(build, section_text(redirect, "to"));
    (void)text_to_number(section_text(redirect, "status"), 308, &status);
    route->redirect.status = (unsigned)status;
}

static void build_respond(struct build *build, struct section section, struct respond_settings *respond)
{
    struct item single;
    respond->status = build_count(section_number(section, "status"));
    respond->body = build_text(build, section_text(section, "body"));
    respond->headers = build_take(build, section_count(section, "headers"), sizeof *respond->headers);
    if (respond->headers == NULL)
        return;
    for (const struct item *item = section_items(section, "headers", &single); item != NULL;
         item = item->next) {
        struct header_setting *header = &respond->headers[respond->header_count++];
        header->name = build_text(build, item->key);
        header->value = build_text(build, item->value->text);
    }
}

/* Position of a name that is referred to; 0 when there is none, which validate has reported. */
static size_t position(const struct build *build, enum reference table, struct text text)
{
    const struct name *name = names_get(&build->validation->names[table], text);
    return name == NULL ? 0 : name->index;
}

static void build_split(struct build *build, struct section section, struct split_settings *split)
{
    struct item single;
    const struct node *node = section_node(section, "split");
    const struct shape *share = schema_key(section.shape, TEXT("split"))->shape->item;
    split->shares = build_take(build, section_count(section, "split"), sizeof *split->shares);
    for (const struct item *item = section_items(section, "split", &single);
         item != NULL && split->shares != NULL; item = item->next) {
        uint64_t weight = 0;
        if (item->value->kind == NODE_SCALAR)
            (void)schema_read(share, item->value->text, &weight);
        split->shares[split->count++] =
            (struct split_share){position(build, REFERENCE_UPSTREAM, item->key), build_count(weight)};
        split->sum += weight;
    }
    if (split->count > 0 && split->sum == 0)
        build_problem(build, node, "every share is 0, so nothing could answer");
}

static void build_target(struct build *build, struct section section, struct route_settings *route)
{
    route->target = TARGET_UPSTREAM;
    route->cluster = position(build, REFERENCE_UPSTREAM, section_text(section, "upstream"));
    if (section_node(section, "split") != NULL) {
        route->target = TARGET_SPLIT;
        build_split(build, section, &route->split);
    } else if (section_node(section, "redirect") != NULL) {
        route->target = TARGET_REDIRECT;
        build_redirect(build, section_map(section, "redirect"), route);
    } else if (section_node(section, "respond") != NULL) {
        route->target = TARGET_RESPOND;
        build_respond(build, section_map(section, "respond"), &route->respond);
    }
}

/* The words of retries.on stand in the order of enum retry_on's bits. */
static unsigned retry_bits(struct section retries)
{
    struct item single;
    unsigned bits = 0;
    uint64_t word;
    const struct shape *list = schema_key(retries.shape, TEXT("on"))->shape;
    if (section_node(retries, "on") == NULL)
        return RETRY_CONNECT | RETRY_RESET | RETRY_UNAVAILABLE;
    for (const struct item *item = section_items(retries, "on", &single); item != NULL; item = item->next)
        if (item->value->kind == NODE_SCALAR && schema_read(list->item, item->value->text, &word) == NULL)
            bits |= 1u << word;
    return bits;
}

static void build_limits(struct section section, struct route_settings *route)
{
    struct section timeouts = section_map(section, "timeouts"), retries = section_map(section, "retries");
    route->timeouts.connect = section_number(timeouts, "connect");
    route->timeouts.first_byte = section_number(timeouts, "first_byte");
    route->timeouts.idle = section_number(timeouts, "idle");
    route->timeouts.request = section_number(timeouts, "request");
    route->retries.attempts = build_count(section_number(retries, "attempts"));
    route->retries.on = retry_bits(retries);
    route->retries.per_try = section_number(retries, "per_try");
    route->retries.budget = build_count(section_number(retries, "budget"));
}

static void build_mirror(struct build *build, struct section section, struct route_settings *route)
{
    const struct node *node = section_node(section, "mirror");
    struct section mirror = section_map(section, "mirror");
    if (node == NULL)
        return;
    route->mirror.cluster = position(build, REFERENCE_UPSTREAM, section_text(mirror, "upstream"));
    route->mirror.percent = build_count(section_number(mirror, "percent"));
    if (route->target != TARGET_UPSTREAM && route->target != TARGET_SPLIT)
        build_problem(build, node, "needs a route with upstream or split");
}

/* Brackets can't stand in a name of the operator, so a made one is never taken already. */
static struct text route_name(struct build *build, struct section section, size_t index)
{
    struct text name = section_text(section, "name");
    if (name.len > 0)
        return build_text(build, name);
    return arena_format(&build->config->arena, "routes[%zu]", index);
}

static void build_route(struct build *build, struct section section, struct route_settings *route)
{
    struct text listener = section_text(section, "listener");
    route->front = listener.len == 0 ? SIZE_MAX : position(build, REFERENCE_LISTENER, listener);
    build_match(build, section_map(section, "match"), route);
    build_target(build, section, route);
    build_limits(section, route);
    build_mirror(build, section, route);
    build_rewrite(build, section_map(section, "rewrite"), &route->rewrite);
    build_redirects(build, section_map(section, "redirects"), &route->redirects);
    build_headers(build, section_map(section, "headers"), route);
    route->early_hint_count = build_texts(build, section, "early_hints", &route->early_hints);
    build_cache(build, section, route);
    build_errors(build, section, route);
    build_compress(build, section, route);
}

void build_routes(struct build *build, struct section root)
{
    struct snapshot_settings *serve = &build->config->serve;
    struct item single;
    serve->routes = build_take(build, section_count(root, "routes"), sizeof *serve->routes);
    if (serve->routes == NULL)
        return;
    for (const struct item *item = section_items(root, "routes", &single); item != NULL; item = item->next) {
        struct section section = section_item(root, "routes", item);
        struct route_settings *route = &serve->routes[serve->route_count];
        route->name = route_name(build, section, serve->route_count++);
        build_route(build, section, route);
    }
}
