/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/redirects/follow.h"

#include "cache/control.h"
#include "cache/freshness.h"
#include "cache/policy.h"
#include "exchange/caching/caching.h"
#include "exchange/caching/key.h"
#include "exchange/field_rules.h"
#include "exchange/redirects/detours.h"
#include "exchange/redirects/putback.h"

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool is_simple(const struct exchange *exchange)
{
    const struct head *asked = &exchange->down->head_in;
    return (asked->method == METHOD_GET || asked->method == METHOD_HEAD) && asked->body == BODY_NONE &&
           !asked->upgrade && !exchange->grpc;
}

static bool may_follow(const struct exchange *exchange)
{
    const struct head *came = &exchange->up->head_in;
    return is_redirect(came->status) && exchange->hops < exchange->route->settings->redirects.follow &&
           is_simple(exchange) && !exchange->answered && (exchange->down->marks & (RESET | BAD_IN)) == 0 &&
           !fields_have(&came->fields, FIELD_SET_COOKIE) && fields_count(&came->fields, FIELD_LOCATION) == 1;
}

/* What can stand in a request's target. */
static bool is_target(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= 0x20 || (unsigned char)text.at[i] >= 0x7f || text.at[i] == '#')
            return false;
    return text.len > 0 && text.at[0] == '/';
}

/* The public path, in two parts; false when no request of the route comes to this one of the backend's. */
static bool is_reachable(const struct putback *putback, struct text path, struct text parts[2])
{
    parts[0] = TEXT("");
    parts[1] = path;
    return path.at != NULL && (putback_path(putback, path, &parts[0], &parts[1]) || putback->added.len == 0);
}

static bool is_own(const struct putback *putback, const struct reference *reference)
{
    return reference->has_authority ? putback_is_own(putback, reference) : reference->scheme.len == 0;
}

/* Path and query of the place that a redirect names, as a client would ask for it. .at is NULL when it isn't one to be
 * asked for here. */
static struct text place_of(const struct exchange *exchange, struct text location)
{
    struct putback putback;
    struct reference reference;
    struct text parts[2], place = TEXT_NONE;
    struct arena *arena = exchange->down->arena;
    putback_of(exchange, &putback);
    if (!reference_read(location, &reference) || !is_own(&putback, &reference))
        return TEXT_NONE;
    bool root = reference.has_authority && reference.path.len == 0;
    if (!is_reachable(&putback, root ? TEXT("/") : putback_target(&putback, reference.path), parts) ||
        !arena_append(arena, &place, parts[0].at, parts[0].len) ||
        !arena_append(arena, &place, parts[1].at, parts[1].len) ||
        !arena_append(arena, &place, reference.tail.at, reference.tail.len))
        return TEXT_NONE;
    return is_target(place) ? place : TEXT_NONE;
}

static bool was_visited(const struct exchange *exchange, struct text place)
{
    for (const struct hop *hop = exchange->visited; hop != NULL; hop = hop->before)
        if (text_equal(hop->asked, place))
            return true;
    return text_equal(exchange->asked, place);
}

/* As if the client had asked for it: it comes to the same route, or doesn't come through. */
static bool leads_to_same_route(const struct exchange *exchange, struct text place, struct route_ask *ask)
{
    struct head head = exchange->down->head_in;
    const struct route *route;
    head.path = place;
    return route_ask_read(ask, &head, exchange->down->arena) == NULL &&
           route_table_find(exchange->front->routes, ask, &route) == NULL && route == exchange->route;
}

/* A new request to the backend: the attempts for the one before don't count, nor do the endpoints that failed. */
static void ask_anew(struct exchange *exchange)
{
    exchange->attempts = 0;
    exchange->refreshed = false;
    exchange->claim.only = 0;
    exchange->claim.tried_count = 0;
}

/* The place lies in the arena. False when it isn't one to go to. */
static bool go_to(struct exchange *exchange, struct text place)
{
    struct route_ask ask;
    struct hop *hop = arena_take(exchange->down->arena, sizeof *hop);
    if (hop == NULL || place.at == NULL || was_visited(exchange, place) ||
        !leads_to_same_route(exchange, place, &ask))
        return false;
    *hop = (struct hop){exchange->visited, exchange->asked};
    exchange->visited = hop;
    exchange->hops++;
    exchange->asked = place;
    exchange->path = ask.path;
    exchange->query = ask.query;
    ask_anew(exchange);
    return true;
}

/* The backend may have led this client elsewhere than others. */
static bool asks_as_somebody(const struct exchange *exchange)
{
    const struct field_rules *rules = exchange->route->settings->request_fields;
    const struct fields *asked = &exchange->down->head_in.fields;
    return fields_have(asked, FIELD_COOKIE) || fields_have(asked, FIELD_AUTHORIZATION) ||
           field_rules_fill_in(rules, TEXT("Authorization")) || field_rules_fill_in(rules, TEXT("Cookie"));
}

/* ms that it is good for, as caches take it (RFC 9111 section 4.2); without a word DETOURS_LIFETIME. */
static uint64_t freshness_of(const struct exchange *exchange)
{
    static const struct freshness_defaults none;
    const struct head *came = &exchange->up->head_in;
    const struct cache_moment moment = {
        caching_now(), (int64_t)((exchange->lane->loop->now_us - exchange->sent_us) / 1000000)};
    struct cache_control control;
    struct freshness freshness;
    bool targeted = cache_control_read_targeted(&control, &came->fields);
    if (!targeted)
        cache_control_read(&control, &came->fields);
    if ((control.has & (CACHE_NO_STORE | CACHE_NO_CACHE | CACHE_PRIVATE)) != 0)
        return 0;
    freshness_read(&freshness, came, &control, targeted, &moment, &none);
    int64_t left = freshness.lifetime - freshness_age(&freshness, moment.answered);
    if (!freshness.explicit_lifetime || left > DETOURS_LIFETIME / 1000)
        return DETOURS_LIFETIME;
    return left > 0 ? (uint64_t)left * 1000 : 0;
}

/* ms; 0: not at all. */
static uint64_t lifetime_of(const struct exchange *exchange)
{
    const struct head *came = &exchange->up->head_in;
    const struct fields *asked = &exchange->down->head_in.fields;
    struct cache_control wanted;
    cache_control_read(&wanted, asked);
    if ((came->status != 301 && came->status != 308) || fields_have(&came->fields, FIELD_VARY) ||
        !caching_is_usual(asked) || asks_as_somebody(exchange) || (wanted.has & CACHE_NO_STORE) != 0)
        return 0;
    return freshness_of(exchange);
}

static struct place place_asked(const struct exchange *exchange)
{
    return (struct place){exchange->route, exchange->down->head_in.authority, exchange->asked};
}

static void remember(const struct exchange *exchange, const struct place *from, uint64_t lifetime)
{
    struct view *view = exchange->view;
    if (lifetime == 0)
        return;
    if (view->detours == NULL)
        view->detours = detours_new(lane_random(exchange->lane));
    if (view->detours != NULL)
        detours_keep(view->detours, from, exchange->asked, exchange->lane->loop->now + lifetime);
}

bool follow_redirect(struct exchange *exchange)
{
    if (!may_follow(exchange))
        return false;
    const struct place from = place_asked(exchange);
    uint64_t lifetime = lifetime_of(exchange);
    const struct field *location = fields_find(&exchange->up->head_in.fields, FIELD_LOCATION);
    if (!go_to(exchange, place_of(exchange, location->value)))
        return false;
    remember(exchange, &from, lifetime);
    caching_leave(exchange);
    return true;
}

void follow_forget(const struct exchange *exchange)
{
    if (exchange->route->settings->redirects.follow == 0 ||
        !policy_invalidates(&exchange->down->head_in, exchange->up->head_in.status))
        return;
    const struct place place = place_asked(exchange);
    detours_forget(&place);
}

static bool wants_the_backend(const struct exchange *exchange)
{
    struct cache_control wanted;
    cache_control_read(&wanted, &exchange->down->head_in.fields);
    return (wanted.has & CACHE_NO_CACHE) != 0 || wanted.max_age == 0;
}

void follow_known(struct exchange *exchange)
{
    const struct detours *detours = exchange->view->detours;
    unsigned most = exchange->route->settings->redirects.follow;
    if (detours == NULL || most == 0 || wants_the_backend(exchange))
        return;
    while (exchange->hops < most && is_simple(exchange)) {
        const struct place from = place_asked(exchange);
        struct text to = detours_find(detours, &from, exchange->lane->loop->now);
        if (to.at == NULL || !go_to(exchange, arena_copy(exchange->down->arena, to)))
            return;
    }
}
