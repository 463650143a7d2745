/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/reply.h"

#include "base/buffer.h"
#include "http/status.h"

/* Seconds after which a client may try again; what is unavailable now is usually back by then. */
#define RETRY_AFTER TEXT("5")

enum body_form { FORM_TEXT, FORM_HTML, FORM_JSON };

struct stream *reply_new(struct exchange *exchange, unsigned status)
{
    struct arena *arena = exchange->down->arena;
    struct stream *reply = arena_take_zeroed(arena, sizeof *reply);
    if (reply == NULL)
        return NULL;
    stream_init(reply, NULL, &exchange->lane->loop->chunks);
    reply->arena = arena;
    reply->head_in.status = (uint16_t)status;
    reply->head_in.minor = 1;
    return reply;
}

static void add(struct stream *reply, const char *name, struct text value)
{
    fields_add(&reply->head_in.fields, reply->arena, text_of(name), value);
}

void reply_finish(struct stream *reply, struct text content_type)
{
    struct head *head = &reply->head_in;
    bool bodiless = status_has_no_body(head->status);
    if (!bodiless && content_type.len > 0)
        add(reply, "Content-Type", content_type);
    head->body = bodiless ? BODY_NONE : BODY_LENGTH;
    head->has_length = !bodiless;
    head->length = reply->in.len;
    if (bodiless)
        chain_clear(&reply->in);
    reply->marks |= HEAD_IN | END_IN;
}

static bool wants(struct text element, const char *type)
{
    struct text range = text_trim(text_sub(element, 0, text_find(element, ';')));
    return text_equal_nocase(range, text_of(type)) && !text_ends(element, TEXT("q=0"));
}

/* The first form that Accept names, which in practice is the one the client likes best. */
static enum body_form form_for(const struct exchange *exchange)
{
    const struct field *accept = fields_find(&exchange->down->head_in.fields, FIELD_ACCEPT);
    if (accept == NULL)
        return FORM_TEXT;
    struct text rest = accept->value;
    for (struct text element; text_list_next(&rest, &element);) {
        if (wants(element, "text/html") || wants(element, "application/xhtml+xml"))
            return FORM_HTML;
        if (wants(element, "application/json") || wants(element, "application/problem+json"))
            return FORM_JSON;
        if (wants(element, "text/plain"))
            return FORM_TEXT;
    }
    return FORM_TEXT;
}

/* Nothing of the request is shown but the id, whose characters are known to be harmless (request_id.c). */
static struct text write_body(struct exchange *exchange, const struct fault *fault, enum body_form form)
{
    struct arena *arena = exchange->down->arena;
    struct text reason = status_reason(fault->status);
    struct text id = exchange->request_id;
    switch (form) {
    case FORM_HTML:
        return arena_format(
            arena,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%u %.*s</title></head>\n"
            "<body><h1>%u %.*s</h1><p>%s</p></body></html>\n",
            fault->status, TEXT_ARGS(reason), fault->status, TEXT_ARGS(reason), fault->sentence);
    case FORM_JSON: {
        char room[3 * 128 + 8];
        struct buffer quoted = buffer_over(room, sizeof room);
        buffer_json_string(&quoted, id);
        return arena_format(arena,
                            "{\"status\":%u,\"error\":\"%s\",\"message\":\"%s\",\"request_id\":%.*s}\n",
                            fault->status, fault->name, fault->sentence, TEXT_ARGS(buffer_text(&quoted)));
    }
    default:
        return arena_format(arena, "%u %.*s: %s\n", fault->status, TEXT_ARGS(reason), fault->sentence);
    }
}

static const struct error_settings *own_error(const struct exchange *exchange, unsigned status)
{
    const struct route_settings *settings = exchange->route->settings;
    for (size_t i = 0; settings != NULL && i < settings->error_count; i++)
        if (settings->errors[i].status == status)
            return &settings->errors[i];
    return NULL;
}

static struct text type_of(enum body_form form)
{
    return form == FORM_HTML   ? TEXT("text/html; charset=utf-8")
           : form == FORM_JSON ? TEXT("application/json")
                               : TEXT("text/plain; charset=utf-8");
}

static void add_reasons(struct stream *reply, const struct fault *fault)
{
    struct text status =
        arena_format(reply->arena, "weir; error=%s; details=\"%s\"", fault->type, fault->name);
    if (status.at != NULL)
        add(reply, "Proxy-Status", status);
    if (fault->status == 503)
        add(reply, "Retry-After", RETRY_AFTER);
    if (fault == FAULT(method_not_allowed))
        add(reply, "Allow", TEXT("GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"));
}

struct stream *reply_fault(struct exchange *exchange, const struct fault *fault)
{
    struct stream *reply = reply_new(exchange, fault->status);
    if (reply == NULL)
        return NULL;
    add_reasons(reply, fault);
    if (exchange->grpc)
        return reply_grpc(reply, &exchange->down->head_in, fault) ? reply : NULL;
    const struct error_settings *own = own_error(exchange, fault->status);
    enum body_form form = form_for(exchange);
    struct text body = own != NULL ? own->body : write_body(exchange, fault, form);
    chain_copy(&reply->in, body.at, body.len);
    reply_finish(reply, own != NULL ? own->content_type : type_of(form));
    return reply;
}

struct stream *reply_respond(struct exchange *exchange)
{
    const struct respond_settings *settings = &exchange->route->settings->respond;
    struct stream *reply = reply_new(exchange, settings->status);
    if (reply == NULL)
        return NULL;
    struct text type = TEXT("text/plain; charset=utf-8");
    for (size_t i = 0; i < settings->header_count; i++) {
        const struct header_setting *header = &settings->headers[i];
        if (text_equal_nocase(header->name, TEXT("content-type")))
            type = header->value;
        else
            fields_add(&reply->head_in.fields, reply->arena, header->name, header->value);
    }
    if (!chain_copy(&reply->in, settings->body.at, settings->body.len))
        return NULL;
    reply_finish(reply, settings->body.len > 0 ? type : TEXT_NONE);
    return reply;
}

/* https:///path: a request of HTTP/1.0 without Host, and the template has {host}. */
static bool names_no_host(struct text location)
{
    size_t colon = text_find(location, ':');
    return text_find(location, '/') == colon + 1 &&
           text_starts(text_sub(location, colon, location.len - colon), TEXT(":///"));
}

struct stream *reply_redirect(struct exchange *exchange)
{
    const struct route_settings *settings = exchange->route->settings;
    struct stream *reply = reply_new(exchange, settings->redirect.status);
    struct text location = template_expand(&settings->redirect.to, exchange, exchange->down->arena);
    if (reply == NULL || location.at == NULL)
        return NULL;
    if (names_no_host(location))
        return reply_fault(exchange, FAULT(bad_host));
    fields_add_known(&reply->head_in.fields, reply->arena, FIELD_LOCATION, location);
    chain_copy(&reply->in, "This is elsewhere.\n", sizeof "This is elsewhere.\n" - 1);
    reply_finish(reply, TEXT("text/plain; charset=utf-8"));
    return reply;
}
