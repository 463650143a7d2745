/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <stdlib.h>

#include "admin/answer.h"
#include "admin/gate.h"
#include "admin/gauges.h"
#include "admin/resource.h"
#include "base/panic.h"

struct admin {
    uint32_t magic;
    struct admin_settings settings; /* the token lies behind the struct */
    struct snapshot *serving;
    struct admin_state *state;
    struct gauges gauges;
    struct front_settings front;
    struct route_settings route;
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

static struct stream *serve(void *owner, struct exchange *exchange)
{
    const struct admin *admin = owner;
    CHECK(admin, ADMIN_MAGIC);
    struct ask ask = {.exchange = exchange, .serving = admin->serving, .state = admin->state};
    ask.resource = resource_find(exchange->path, exchange->down->head_in.method_text, ask.names);
    bool probe = ask.resource != NULL && ask.resource->is_probe;
    const struct gate_rule *broken = gate_check(&admin->settings, exchange, probe);
    if (broken != NULL)
        return answer_refusal(exchange, broken);
    return ask.resource != NULL ? ask.resource->answer(&ask) : answer_miss(exchange);
}

static void fill_site(struct admin *admin)
{
    admin->front = (struct front_settings){.name = TEXT("admin"),
                                           .addresses = &admin->settings.listen,
                                           .address_count = 1,
                                           .http = http,
                                           .connections = CONNECTIONS_MAX};
    admin->route = (struct route_settings){
        .name = TEXT("admin"), .target = TARGET_SERVICE, .serve = serve, .serve_owner = admin};
    admin->site = (struct snapshot_settings){.fronts = &admin->front,
                                             .front_count = admin->settings.listen.len > 0,
                                             .routes = &admin->route,
                                             .route_count = 1};
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
    admin->settings = (struct admin_settings){settings->listen, {token, settings->token.len}};
    admin->serving = serving;
    admin->state = state;
    snapshot_ref(serving);
    fill_site(admin);
    gauges_add(&admin->gauges, state);
    return admin;
}

void admin_free(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    gauges_remove(&admin->gauges);
    snapshot_unref(admin->serving);
    admin->magic = 0;
    free(admin);
}

void admin_show(struct admin *admin, struct snapshot *serving)
{
    CHECK(admin, ADMIN_MAGIC);
    snapshot_ref(serving);
    snapshot_unref(admin->serving);
    admin->serving = serving;
}

const struct snapshot_settings *admin_site(struct admin *admin)
{
    CHECK(admin, ADMIN_MAGIC);
    return &admin->site;
}
