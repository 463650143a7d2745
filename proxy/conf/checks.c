/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/checks.h"

#include "conf/account.h"
#include "conf/forms.h"

static bool collect_map(struct names *names, const struct node *map)
{
    if (map == NULL || map->kind != NODE_MAP)
        return true;
    for (const struct item *item = map->first; item != NULL; item = item->next)
        if (names_add(names, item->key, item->key_place) == NULL)
            return false;
    return true;
}

/* The names of a list's items; index is the item's position, also when others have no name. */
static bool collect_list(struct validation *validation, struct names *names, const struct node *list,
                         const char *noun)
{
    size_t index = 0;
    if (list == NULL || list->kind != NODE_LIST)
        return true;
    for (const struct item *item = list->first; item != NULL; item = item->next, index++) {
        const struct node *node = node_get(item->value, "name");
        if (node == NULL || node->kind != NODE_SCALAR || form_name(node->text) != NULL)
            continue;
        struct name *name = names_get(names, node->text);
        if (name != NULL) {
            problem_add(validation->problems, node->place,
                        "%s[%zu].name: '%.*s' is the name of another one too, in %s:%u:%u; rename one", noun,
                        index, TEXT_ARGS(node->text), name->place.file, name->place.line, name->place.column);
            continue;
        }
        name = names_add(names, node->text, node->place);
        if (name == NULL)
            return false;
        name->index = index;
    }
    return true;
}

bool checks_collect(struct validation *validation, const struct node *root, struct arena *arena)
{
    struct names routes;
    names_init(&routes, arena);
    for (size_t i = 0; i < REFERENCE_COUNT; i++)
        names_init(&validation->names[i], arena);
    return collect_map(&validation->names[REFERENCE_UPSTREAM], node_get(root, "upstreams")) &&
           collect_map(&validation->names[REFERENCE_CACHE], node_get(root, "caches")) &&
           collect_list(validation, &validation->names[REFERENCE_LISTENER], node_get(root, "listeners"),
                        "listeners") &&
           collect_list(validation, &routes, node_get(root, "routes"), "routes");
}

/* Of "upstreams", say, which are one "upstream". */
static void check_used(struct build *build, enum reference kind, const char *key, const char *one)
{
    const struct names *names = &build->validation->names[kind];
    for (size_t i = 0; i < names->count; i++)
        if (!names->list[i].used)
            problem_warn(build->problems, names->list[i].place, "%s.%.*s: nothing uses this %s", key,
                         TEXT_ARGS(names->list[i].text), one);
}

static bool is_routed(const struct build *build, struct section listener)
{
    struct name *name =
        names_get(&build->validation->names[REFERENCE_LISTENER], section_text(listener, "name"));
    return name != NULL && name->used;
}

static bool has_route_for_all(struct section root)
{
    struct item single;
    for (const struct item *item = section_items(root, "routes", &single); item != NULL; item = item->next)
        if (node_get(item->value, "listener") == NULL)
            return true;
    return false;
}

static void report_unrouted(struct build *build, struct section listener, size_t index)
{
    struct text name = section_text(listener, "name");
    problem_add(build->problems, listener.node->place,
                "listeners[%zu]: no route leads from '%.*s'; add a route for it, or remove the listener",
                index, TEXT_ARGS(name.len > 128 ? text_sub(name, 0, 128) : name));
}

/* tcp and udp listeners name their upstream themselves. */
static void check_listeners_routed(struct build *build, struct section root)
{
    struct item single;
    size_t index = 0;
    if (has_route_for_all(root))
        return;
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL;
         item = item->next, index++) {
        struct section listener = section_item(root, "listeners", item);
        bool is_http = text_equal(section_text(listener, "protocol"), TEXT("http"));
        if (item->value->kind == NODE_MAP && is_http && !is_routed(build, listener))
            report_unrouted(build, listener, index);
    }
}

/* Those of the admin API have these names in metrics and logs. */
static void check_listener_names(struct build *build, struct section root)
{
    struct item single;
    size_t index = 0;
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL;
         item = item->next, index++) {
        const struct node *name = node_get(item->value, "name");
        if (name != NULL && name->kind == NODE_SCALAR &&
            (text_equal(name->text, TEXT("admin")) || text_equal(name->text, TEXT("probes"))))
            problem_add(
                build->problems, name->place,
                "listeners[%zu].name: '%.*s' is the name of a listener of the admin API; choose another",
                index, TEXT_ARGS(name->text));
    }
}

static void check_listeners_present(struct build *build, struct section root)
{
    const struct node *listeners = section_node(root, "listeners");
    if (listeners == NULL || (listeners->kind != NODE_MAP && listeners->count == 0))
        problem_add(build->problems, listeners == NULL ? root.node->place : listeners->place,
                    "there is no listener; add one: listeners: [{name: web, listen: 0.0.0.0:8080}]");
}

static void check_admin(struct build *build, struct section admin)
{
    const struct address *listen = &build->config->admin.listen;
    const struct node *place = section_node(admin, "listen");
    if (listen->len == 0 || place == NULL || address_is_loopback(listen) || address_is_unix(listen))
        return;
    if (build->config->admin.token.len == 0)
        problem_add(
            build->problems, place->place,
            "admin.listen: others can reach this address, so admin.token is needed; or listen on 127.0.0.1");
}

/* A name that came from the environment isn't shown. */
static void check_user(struct build *build, struct section root)
{
    struct account account;
    const struct node *user = section_node(root, "user");
    if (user == NULL || user->kind != NODE_SCALAR || user->unresolved || form_name(user->text) != NULL)
        return;
    const char *wrong = account_find(user->text.at, &account);
    if (wrong == NULL)
        return;
    if (user->from_environment)
        problem_add(build->problems, user->place, "user: it %s", wrong);
    else
        problem_add(build->problems, user->place, "user: '%.*s' %s", TEXT_ARGS(user->text), wrong);
}

void checks_run(struct build *build, const struct node *root_node, struct arena *arena)
{
    struct section root = section_root(root_node);
    check_listeners_present(build, root);
    check_listeners_routed(build, root);
    check_listener_names(build, root);
    check_admin(build, section_map(root, "admin"));
    check_user(build, root);
    checks_addresses(build, root, arena);
    checks_matches(build, root, arena);
    checks_certificates(build, root);
    checks_logs(build, root, arena);
    checks_doubts(build, root, arena);
    check_used(build, REFERENCE_UPSTREAM, "upstreams",
               "upstream"); /* last: warnings must not take the room of errors */
    check_used(build, REFERENCE_CACHE, "caches", "cache");
}
