/* SPDX-License-Identifier: Apache-2.0 */
/* The step in which it is decided what answers, and what the client is told before. */
#include "exchange/caching/caching.h"
#include "exchange/compressing.h"
#include "exchange/mirror.h"
#include "exchange/reply.h"
#include "exchange/split.h"
#include "exchange/steps.h"
#include "http/grpc_web.h"
#include "http/grpc_web_face.h"

/* Upstreams that may speak gRPC speak HTTP/2; browsers speak gRPC-Web. */
static const struct fault *translate(struct exchange *exchange)
{
    struct stream *down = exchange->down;
    const struct cluster_settings *upstream = upstream_settings(exchange->view->upstreams[exchange->cluster]);
    if (upstream->protocol == PROTOCOL_HTTP1 || grpc_web_answer_kind(&down->head_in) == GRPC_WEB_NONE)
        return NULL;
    struct stream *face = grpc_web_face(down, &exchange->lane->loop->ready);
    if (face == NULL)
        return FAULT(out_of_memory);
    stream_follow(face, &exchange->lane->loop->ready, &exchange->task);
    exchange->down = face;
    return NULL;
}

/* A client may wait for this before it sends the body (RFC 9110 section 10.1.1). */
static bool invite_body(struct exchange *exchange)
{
    struct stream *down = exchange->down;
    if (down->continued || !fields_have(&down->head_in.fields, FIELD_EXPECT))
        return true;
    struct interim *goes = arena_take_zeroed(down->arena, sizeof *goes);
    if (goes == NULL)
        return false;
    down->continued = true;
    goes->head.status = 100;
    stream_send_interim(down, goes);
    return true;
}

/* RFC 8297; clients of HTTP/1.1 often don't know it. */
bool admit_hints(struct exchange *exchange)
{
    const struct route_settings *settings = exchange->route->settings;
    const struct head *head = &exchange->down->head_in;
    bool told = exchange->sent_us > 0; /* a redirect was followed */
    if (told || settings->early_hint_count == 0 || head->major < 2 || head->method != METHOD_GET)
        return true;
    struct arena *arena = exchange->down->arena;
    struct interim *goes = arena_take_zeroed(arena, sizeof *goes);
    if (goes == NULL)
        return false;
    goes->head.status = 103;
    for (size_t i = 0; i < settings->early_hint_count; i++)
        if (!fields_add(&goes->head.fields, arena, TEXT("Link"), settings->early_hints[i]))
            return false;
    stream_send_interim(exchange->down, goes);
    return true;
}

static bool awaits_body(const struct exchange *exchange)
{
    const struct stream *down = exchange->down;
    size_t wanted = exchange->route->settings->body_first;
    return wanted > 0 && (down->marks & END_IN) == 0 && down->in.len <= wanted;
}

static enum verdict claim_answer(struct exchange *exchange)
{
    const struct fault *fault = exchange->grpc ? translate(exchange) : NULL;
    return fault != NULL ? steps_fail(exchange, fault) : steps_go(exchange, STEP_LOOKED);
}

/* What answers. Everything but an upstream is a stream that is complete already. */
enum verdict admit(struct exchange *exchange)
{
    const struct route_settings *settings = exchange->route->settings;
    if (awaits_body(exchange))
        return invite_body(exchange) ? VERDICT_WAIT : steps_fail(exchange, FAULT(out_of_memory));
    if (!compressing_begin(exchange))
        return steps_fail(exchange, FAULT(out_of_memory));
    if (settings->mirror.percent > 0 && !caching_is_renewal(exchange))
        mirror_begin(exchange);
    switch (settings->target) {
    case TARGET_UPSTREAM:
        exchange->cluster = settings->cluster;
        return claim_answer(exchange);
    case TARGET_SPLIT:
        exchange->cluster = split_choose(&settings->split, lane_random(exchange->lane));
        return claim_answer(exchange);
    case TARGET_REDIRECT:
        exchange->up = reply_redirect(exchange);
        break;
    case TARGET_RESPOND:
        exchange->up = reply_respond(exchange);
        break;
    case TARGET_SERVICE:
        exchange->up = settings->serve(settings->serve_owner, exchange);
        break;
    }
    if (exchange->up == NULL)
        return steps_fail(exchange, FAULT(out_of_memory));
    return steps_go(exchange, STEP_ANSWERED);
}
