/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/follow.h"

#include "exchange/putback.h"

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool may_follow(const struct exchange *exchange)
{
    const struct head *asked = &exchange->down->head_in;
    const struct head *came = &exchange->up->head_in;
    bool simple = (asked->method == METHOD_GET || asked->method == METHOD_HEAD) && asked->body == BODY_NONE &&
                  !asked->upgrade && !exchange->grpc;
    return is_redirect(came->status) && exchange->hops < exchange->route->settings->redirects.follow &&
           simple && !exchange->answered && (exchange->down->marks & (RESET | BAD_IN)) == 0 &&
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

bool follow_redirect(struct exchange *exchange)
{
    if (!may_follow(exchange))
        return false;
    struct route_ask ask;
    struct hop *hop = arena_take(exchange->down->arena, sizeof *hop);
    struct text place = place_of(exchange, fields_find(&exchange->up->head_in.fields, FIELD_LOCATION)->value);
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
