/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/pages.h"

#include "admin/gate.h"
#include "exchange/reply.h"

static const char json[] = "application/json";

struct page {
    const char *path; /* one that ends in / has something behind it, a name */
    const char *allow;
    bool probe; /* for the orchestrator: needs no token */
    void (*write)(struct admin *admin, struct exchange *exchange,
                  struct answer *answer); /* NULL: not built yet */
};

void answer_error(struct answer *answer, unsigned status, const char *why)
{
    answer->status = status;
    answer->type = json;
    buffer_clear(&answer->body);
    buffer_add(&answer->body, TEXT("{\"error\":"));
    buffer_json_string(&answer->body, text_of(why));
    buffer_add(&answer->body, TEXT("}\n"));
}

static void live_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    (void)admin;
    (void)exchange;
    buffer_add(&answer->body, TEXT("{\"status\":\"ok\"}\n"));
}

static void ready_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    bool starting = !atomic_load(&admin->state->ready);
    bool draining = atomic_load(&admin->state->draining);
    (void)exchange; /* reasons are few: they are said without ?verbose too */
    if (!starting && !draining) {
        buffer_add(&answer->body, TEXT("{\"status\":\"ok\",\"reasons\":[]}\n"));
        return;
    }
    answer->status = 503;
    buffer_printf(&answer->body, "{\"status\":\"unavailable\",\"reasons\":[\"%s\"]}\n",
                  starting ? "starting" : "draining");
}

static void metrics_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    (void)admin;
    (void)exchange;
    answer->type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write_prometheus(&answer->body);
}

static void stats_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    (void)admin;
    (void)exchange;
    metrics_write_json(&answer->body);
}

static void all_upstreams_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    (void)exchange;
    upstreams_page(admin, TEXT_NONE, answer);
}

static void upstream_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    size_t skip = sizeof "/api/v1/upstreams/" - 1;
    upstreams_page(admin, text_sub(exchange->path, skip, exchange->path.len - skip), answer);
}

static void home_page(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    (void)admin;
    (void)exchange;
    answer->type = "text/html; charset=utf-8";
    buffer_add(
        &answer->body,
        TEXT("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>weir</title></head>\n"
             "<body><h1>weir " WEIR_VERSION "</h1><ul>\n"
             "<li><a href=\"/api/v1/upstreams\">upstreams</a></li>\n"
             "<li><a href=\"/api/v1/stats\">stats</a> (JSON)</li>\n"
             "<li><a href=\"/metrics\">metrics</a> (Prometheus)</li>\n"
             "<li><a href=\"/readyz?verbose\">readyz</a>, <a href=\"/livez\">livez</a></li>\n"
             "</ul></body></html>\n"));
}

static const struct page pages[] = {
    {"/", "GET, HEAD", false, home_page},
    {"/livez", "GET, HEAD", true, live_page},
    {"/healthz", "GET, HEAD", true, live_page},
    {"/readyz", "GET, HEAD", true, ready_page},
    {"/metrics", "GET, HEAD", false, metrics_page},
    {"/api/v1/stats", "GET, HEAD", false, stats_page},
    {"/api/v1/upstreams", "GET, HEAD", false, all_upstreams_page},
    {"/api/v1/upstreams/", "GET, HEAD", false, upstream_page},
    {"/api/v1/config", "GET, HEAD", false, NULL},
    {"/api/v1/caches", "GET, HEAD", false, NULL},
    {"/api/v1/caches/", "POST", false, NULL},
    {"/api/v1/reload", "POST", false, NULL},
    {"/api/v1/drain", "POST", false, NULL},
    {"/api/v1/log", "PUT", false, NULL},
    {"/api/v1/connections", "GET, HEAD", false, NULL},
    {"/api/v1/tap", "GET, HEAD", false, NULL},
};

enum { PAGES = sizeof pages / sizeof pages[0] };

static bool is_at(const struct page *page, struct text path)
{
    struct text own = text_of(page->path);
    if (own.len > 1 && own.at[own.len - 1] == '/')
        return path.len > own.len && text_starts(path, own);
    return text_equal(path, own);
}

static const struct page *find_page(struct text path)
{
    for (int i = 0; i < PAGES; i++)
        if (is_at(&pages[i], path))
            return &pages[i];
    return NULL;
}

static bool is_allowed(const struct page *page, struct text method)
{
    struct text rest = text_of(page->allow);
    for (struct text element; text_list_next(&rest, &element);)
        if (text_equal(element, method))
            return true;
    return false;
}

static void write_answer(struct admin *admin, struct exchange *exchange, struct answer *answer)
{
    const struct page *page = find_page(exchange->path);
    const struct refusal *refusal = gate_check(admin, exchange, page != NULL && page->probe);
    if (refusal != NULL) {
        answer_error(answer, refusal->status, refusal->why);
    } else if (page == NULL) {
        answer_error(answer, 404, "there is nothing at this path; / names what there is");
    } else if (page->write == NULL) {
        answer_error(answer, 501, "not in this build yet");
    } else if (!is_allowed(page, exchange->down->head_in.method_text)) {
        answer_error(answer, 405, "this path does not take this method");
        answer->allow = page->allow;
    } else {
        page->write(admin, exchange, answer);
    }
}

static bool add_header(struct stream *reply, const char *name, const char *value)
{
    return fields_add(&reply->head_in.fields, reply->arena, text_of(name), text_of(value));
}

static bool fill(struct stream *reply, const struct answer *answer)
{
    if (answer->body.short_of_room || !chain_copy(&reply->in, answer->body.at, answer->body.len))
        return false;
    if (answer->allow != NULL && !add_header(reply, "Allow", answer->allow))
        return false;
    if (answer->status == 401 && !add_header(reply, "WWW-Authenticate", "Bearer"))
        return false;
    return add_header(reply, "Cache-Control", "no-store") &&
           add_header(reply, "X-Content-Type-Options", "nosniff");
}

struct stream *admin_serve(void *owner, struct exchange *exchange)
{
    struct answer answer = {.status = 200, .type = json};
    write_answer(owner, exchange, &answer);
    struct stream *reply = reply_new(exchange, answer.status);
    bool filled = reply != NULL && fill(reply, &answer);
    buffer_clear(&answer.body);
    if (filled) {
        reply_finish(reply, text_of(answer.type));
        return reply;
    }
    if (reply != NULL)
        stream_done(reply);
    return NULL;
}
