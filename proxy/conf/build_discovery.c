/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"

void build_resolver(struct build *build, struct section resolver)
{
    struct resolver_settings *settings = &build->config->resolver;
    struct item single;
    struct address *servers =
        build_take(build, section_count(resolver, "servers"), sizeof *settings->servers);
    settings->timeout = section_number(resolver, "timeout");
    settings->attempts = build_count(section_number(resolver, "attempts"));
    settings->servers = servers;
    for (const struct item *item = section_items(resolver, "servers", &single);
         item != NULL && servers != NULL; item = item->next)
        if (item->value->kind == NODE_SCALAR &&
            form_read_dns_server(item->value->text, &servers[settings->server_count]) == NULL)
            settings->server_count++;
}

static void check_discovery(struct build *build, const struct node *dns,
                            const struct discovery_settings *settings)
{
    char name[QUESTION_NAME_MAX];
    if (settings->srv.len == 0 && settings->port == 0)
        build_problem(build, dns, "needs a port for the addresses, such as %.*s:80, unless srv is given",
                      TEXT_ARGS(settings->name));
    else if (discovery_name(settings, name).len == 0)
        build_problem(build, dns, "srv and dns together are longer than DNS allows");
}

void build_discovery(struct build *build, struct section upstream, struct cluster_settings *cluster)
{
    struct section section = section_map(upstream, "discover");
    struct discovery_settings *settings = &cluster->discovery;
    const struct node *dns = section_node(section, "dns");
    struct text written = section_text(section, "dns");
    uint64_t port = 0;
    if (dns == NULL || form_host_port(written) != NULL)
        return;
    size_t colon = text_find(written, ':');
    if (colon < written.len)
        (void)text_to_number(text_sub(written, colon + 1, written.len - colon - 1), 65535, &port);
    settings->name = build_text(build, text_sub(written, 0, colon));
    settings->srv = build_text(build, section_text(section, "srv"));
    settings->port = settings->srv.len > 0 ? 0 : (uint16_t)port;
    settings->refresh = section_number(section, "refresh");
    check_discovery(build, dns, settings);
}
