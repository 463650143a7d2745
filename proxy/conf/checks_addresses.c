/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/checks.h"
#include "conf/forms.h"

/* Which addresses are taken, and on which ports somebody takes all of them. */
struct taken {
    struct build *build;
    struct arena *arena;
    struct names exact;     /* "tcp 127.0.0.1:80" */
    struct names wildcards; /* "tcp 4 80": by 0.0.0.0; 6 by [::] */
    struct names ports;     /* the same for any address of the port */
};

/* An address somewhere in the config. */
struct binding {
    struct address address;
    struct place place;
    const char *transport;
};

static bool is_wildcard(const struct address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->v4.sin_addr.s_addr == INADDR_ANY;
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

static struct text port_key(struct taken *taken, const struct binding *binding)
{
    return arena_format(taken->arena, "%s %d %u", binding->transport, (int)binding->address.any.sa_family,
                        address_port(&binding->address));
}

static void report(struct taken *taken, const struct binding *binding, const struct name *other)
{
    char written[ADDRESS_TEXT_MAX];
    struct text address = address_write(&binding->address, written);
    if (other->place.line == 0)
        problem_add(
            taken->build->problems, binding->place,
            "%.*s is taken by the admin API, which listens on 127.0.0.1:9900 unless admin.listen says otherwise",
            TEXT_ARGS(address));
    else
        problem_add(taken->build->problems, binding->place,
                    "%.*s is bound twice, also in %s:%u:%u; change or remove one", TEXT_ARGS(address),
                    other->place.file, other->place.line, other->place.column);
}

static void add_once(struct names *names, struct text key, struct place place)
{
    if (key.at != NULL && names_get(names, key) == NULL)
        (void)names_add(names, key, place);
}

/* The binding that makes this one impossible. */
static const struct name *find_conflict(struct taken *taken, const struct binding *binding, struct text exact)
{
    const struct name *same = names_get(&taken->exact, exact);
    if (same != NULL || address_is_unix(&binding->address))
        return same;
    struct text port = port_key(taken, binding);
    return names_get(is_wildcard(&binding->address) ? &taken->ports : &taken->wildcards, port);
}

static void take(struct taken *taken, const struct binding *binding)
{
    char written[ADDRESS_TEXT_MAX];
    bool local = address_is_unix(&binding->address);
    if (binding->address.len == 0 || (!local && address_port(&binding->address) == 0))
        return; /* port 0 is a different one each time */
    struct text exact = arena_format(taken->arena, "%s %.*s", binding->transport,
                                     TEXT_ARGS(address_write(&binding->address, written)));
    const struct name *conflict = exact.at == NULL ? NULL : find_conflict(taken, binding, exact);
    if (conflict != NULL) {
        report(taken, binding, conflict);
        return;
    }
    add_once(&taken->exact, exact, binding->place);
    if (local)
        return;
    add_once(&taken->ports, port_key(taken, binding), binding->place);
    if (is_wildcard(&binding->address))
        add_once(&taken->wildcards, port_key(taken, binding), binding->place);
}

static void take_written(struct taken *taken, const struct node *node, const char *transport)
{
    struct binding binding = {.transport = transport, .place = node->place};
    if (node->kind == NODE_SCALAR && form_read_address(node->text, &binding.address) == NULL)
        take(taken, &binding);
}

static void take_listener(struct taken *taken, struct section listener)
{
    struct item single;
    bool udp = text_equal(section_text(listener, "protocol"), TEXT("udp"));
    for (const struct item *item = section_items(listener, "listen", &single); item != NULL;
         item = item->next)
        take_written(taken, item->value, udp ? "udp" : "tcp");
}

static void take_admin(struct taken *taken, struct section admin)
{
    const struct node *listen = section_node(admin, "listen"), *probes = section_node(admin, "probes");
    struct binding usual = {.transport = "tcp", .address = taken->build->config->admin.listen};
    if (listen != NULL)
        take_written(taken, listen, "tcp");
    else
        take(taken, &usual);
    if (probes != NULL)
        take_written(taken, probes, "tcp");
}

/* Families are apart: weir's IPv6 sockets don't take IPv4. */
void checks_addresses(struct build *build, struct section root, struct arena *arena)
{
    struct taken taken = {.build = build, .arena = arena};
    struct item single;
    names_init(&taken.exact, arena);
    names_init(&taken.wildcards, arena);
    names_init(&taken.ports, arena);
    take_admin(&taken, section_map(root, "admin"));
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL; item = item->next)
        take_listener(&taken, section_item(root, "listeners", item));
}
