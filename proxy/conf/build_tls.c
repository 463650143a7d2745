/* SPDX-License-Identifier: Apache-2.0 */
/* Keyrings of listeners and upstreams: opened last, since they hold what other processes of weir could use too. */
#include "conf/build.h"
#include "conf/files.h"
#include "tls/keyring.h"

/* A file that a key names, as the config's own file sees it. */
static struct text path_of(struct build *build, struct section section, const char *key)
{
    const struct node *node = section_node(section, key);
    if (node == NULL)
        return TEXT_NONE;
    struct text path = file_beside(node->place.file, node->text, &build->config->arena);
    if (path.at == NULL)
        build->full = true;
    return path;
}

static struct tls_pair_settings pair_of(struct build *build, struct section section, bool ocsp)
{
    return (struct tls_pair_settings){.cert = path_of(build, section, "cert"),
                                      .key = path_of(build, section, "key"),
                                      .ocsp = ocsp ? path_of(build, section, "ocsp") : TEXT_NONE,
                                      .written = section_text(section, "cert")};
}

static void read_pairs(struct build *build, struct section tls, struct tls_server_settings *settings)
{
    struct item single;
    settings->pairs = build_take(build, section_count(tls, "certificates"), sizeof *settings->pairs);
    if (settings->pairs == NULL)
        return;
    for (const struct item *item = section_items(tls, "certificates", &single); item != NULL;
         item = item->next)
        settings->pairs[settings->pair_count++] =
            pair_of(build, section_item(tls, "certificates", item), true);
}

/* What is said twice counts once; nothing said: HTTP/2 first. */
static void read_alpn(struct section tls, enum tls_alpn alpn[2])
{
    struct item single;
    size_t count = 0;
    for (const struct item *item = section_items(tls, "alpn", &single); item != NULL; item = item->next) {
        enum tls_alpn one = text_equal(item->value->text, TEXT("h2")) ? TLS_ALPN_H2 : TLS_ALPN_H1;
        if (count < 2 && (count == 0 || alpn[0] != one))
            alpn[count++] = one;
    }
    if (count > 0)
        return;
    alpn[0] = TLS_ALPN_H2;
    alpn[1] = TLS_ALPN_H1;
}

static void report(struct build *build, struct section section, const char *why)
{
    problem_add(build->problems, section.node->place, "tls: %s", why);
}

static void open_listener(struct build *build, struct section tls, struct front_settings *front)
{
    char why[TLS_WHY_MAX];
    struct tls_server_settings settings = {.name = front->name};
    read_pairs(build, tls, &settings);
    read_alpn(tls, settings.alpn);
    settings.only_13 = text_equal(section_text(tls, "min_version"), TEXT("1.3"));
    settings.client_ca = path_of(build, tls, "client_ca");
    if (settings.client_ca.len > 0)
        settings.auth = text_equal(section_text(tls, "client_auth"), TEXT("request")) ? TLS_AUTH_REQUEST
                                                                                      : TLS_AUTH_REQUIRE;
    settings.tickets = !text_equal(section_text(tls, "session_tickets"), TEXT("off"));
    settings.early_data = section_number(tls, "early_data") != 0;
    if (build->full)
        return;
    front->tls = keyring_server(&settings, why);
    if (front->tls == NULL)
        report(build, tls, why);
}

static void open_upstream(struct build *build, struct section tls, struct cluster_settings *cluster)
{
    char why[TLS_WHY_MAX];
    struct tls_client_settings settings = {
        .name = cluster->name,
        .verify = section_number(tls, "verify") != 0,
        .ca = path_of(build, tls, "ca"),
        .server_name = section_text(tls, "server_name"),
        .pair = pair_of(build, tls, false),
    };
    settings.alpn[0] = cluster->protocol == PROTOCOL_HTTP1 ? TLS_ALPN_H1 : TLS_ALPN_H2;
    settings.alpn[1] = cluster->protocol == PROTOCOL_AUTO ? TLS_ALPN_H1 : TLS_ALPN_NONE;
    if (settings.server_name.len == 0)
        settings.server_name = cluster->discovery.name; /* endpoints have addresses only */
    if (build->full)
        return;
    cluster->tls = keyring_client(&settings, why);
    if (cluster->tls == NULL)
        report(build, tls, why);
}

void build_tls(struct build *build, const struct node *root)
{
    struct snapshot_settings *serve = &build->config->serve;
    struct section section = section_root(root);
    struct item single;
    size_t at = 0;
    for (const struct item *item = section_items(section, "listeners", &single); item != NULL;
         item = item->next, at++) {
        struct section listener = section_item(section, "listeners", item);
        if (section_node(listener, "tls") != NULL)
            open_listener(build, section_map(listener, "tls"), &serve->fronts[at]);
    }
    at = 0;
    for (const struct item *item = section_items(section, "upstreams", &single); item != NULL;
         item = item->next, at++) {
        struct section upstream = section_item(section, "upstreams", item);
        if (section_node(upstream, "tls") != NULL)
            open_upstream(build, section_map(upstream, "tls"), &serve->clusters[at]);
    }
}
