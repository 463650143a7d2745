/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <stdlib.h>

#include "admin/answer.h"
#include "admin/body.h"
#include "admin/gate.h"
#include "admin/resource.h"
#include "base/panic.h"

struct admin {
    uint32_t magic;
    struct admin_settings settings; /* the token lies behind the struct */
    struct snapshot *serving;
    struct admin_state *state;
    struct front_settings fronts[ADMIN_FRONTS_MAX];
    struct route_settings routes[ADMIN_FRONTS_MAX];
    struct snapshot_settings site;
};

#define ADMIN_MAGIC 0x61646d69u

/* Whoever asks here is a person, a script or a scraper. */
static const struct http_settings http = {.header_size = 16 * 1024,
                                          .headers = 100,
                                          .body = 1024 * 1024,
                                          .header_timeout = 10000,
                                          .body_timeout = 10000,
                                          .idle_timeout = 75000};
enum { CONNECTIONS_MAX = 512 };

/* No such resource, or none with this method. */
static struct stream *answer_miss(struct exchange *exchange)
{
    struct text methods = resource_methods(exchange->path, exchange->down->arena);
    if (methods.at == NULL)
        return NULL;
    if (methods.len == 0)
        return answer_error(exchange, 404, "nothing is served at this path");
    struct stream *answer = answer_error(exchange, 405, "this method is not allowed here");
    return answer_add(answer, "Allow", methods);
}

static struct stream *answer_refusal(struct exchange *exchange, const struct gate_rule *rule)
{
    struct stream *answer = answer_error(exchange, rule->status, rule->sentence);
    return rule->status == 401 ? answer_add(answer, "WWW-Authenticate", TEXT("Bearer")) : answer;
}

static struct stream *serve_api(void *owner, struct exchange *exchange)
{
    const struct admin *admin = owner;
    CHECK(admin, ADMIN_MAGIC);
    struct ask ask = {.exchange = exchange, .serving = admin->serving, .state = admin->state};
    ask.resource = resource_find(exchange->path, exchange->down->head_in.method_text, ask.names);
    bool probe = ask.resource != NULL && ask.resource->is_probe;
    const struct gate_rule *broken = gate_check(&admin->settings, exchange, probe);
    if (broken != NULL)
        return answer_refusal(exchange, broken);
    if (ask.resource == NULL)
        return answer_miss(exchange);
    return resource_decode_names(&ask) ? ask.resource->answer(&ask) : NULL;
}

/* Kubelets and scrapers ask by the address that they have, and know no token: so no gate, and nothing behind it. */
static struct stream *serve_probes(void *owner, struct exchange *exchange)
{
    const struct admin *admin = owner;
    CHECK(admin, ADMIN_MAGIC);
    enum method method = exchange->down->head_in.method;
    struct ask ask = {.exchange = exchange, .serving = admin->serving, .state = admin->state};
    ask.resource = resource_find(exchange->path, TEXT("GET"), ask.names);
    if (ask.resource == NULL || !resource_is_for_probes(ask.resource))
        return answer_error(exchange, 404, "nothing is served at this path");
    return method == METHOD_GET || method == METHOD_HEAD ? ask.resource->answer(&ask) : answer_miss(exchange);
}

typedef struct stream *service(void *owner, struct exchange *exchange);

static void add_front(struct admin *admin, struct text name, struct address *address, service *serve)
{
    size_t index = admin->site.front_count;
    if (address->len == 0)
        return;
    admin->fronts[index] = (struct front_settings){
        .name = name, .addresses = address, .address_count = 1, .http = http, .connections = CONNECTIONS_MAX};
    admin->routes[index] = (struct route_settings){.name = name,
                                                   .front = index,
                                                   .target = TARGET_SERVICE,
                                                   .serve = serve,
                                                   .serve_owner = admin,
                                                   .body_first = serve == serve_api ? BODY_MAX : 0};
    admin->site.front_count = admin->site.route_count = index + 1;
}

static void fill_site(struct admin *admin)
{
    admin->site.fronts = admin->fronts;
    admin->site.routes = admin->routes;
    add_front(admin, TEXT("admin"), &admin->settings.listen, serve_api);
    add_front(admin, TEXT("probes"), &admin->settings.probes, serve_probes);
}

struct admin *admin_new(const struct admin_settings *settings, struct snapshot *serving,
                        struct admin_state *state)
{
    struct admin *admin = calloc(1, sizeof *admin + settings->token.len);
    if (admin == NULL)
        return NULL;
    char *token = (char *)(admin + 1);
    if (settings->token.len > 0)
        memcpy(token, settings->token.at, settings->token.len);
    admin->magic = ADMIN_MAGIC;
    admin->settings = *settings;
    admin->settings.token.at = token;
    admin->serving = serving;
    admin->state = state;
    snapshot_ref(serving);
    fill_site(admin);
    return admin;
}

void admin_free(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    snapshot_unref(admin->serving);
    admin->magic = 0;
    free(admin);
}

const struct snapshot_settings *admin_site(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    return &admin->site;
}
