/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/steps.h"

#include "base/panic.h"
#include "exchange/attempt.h"
#include "exchange/caching/caching.h"
#include "exchange/forward.h"
#include "exchange/mirror.h"
#include "exchange/redirects/follow.h"
#include "exchange/redirects/redirects.h"
#include "exchange/relay.h"
#include "exchange/request_id.h"
#include "exchange/trail.h"
#include "http/grpc.h"
#include "http/grpc_web.h"

/* How much too late it may be known that bytes have moved: a part of the patience. */
enum { LOOKS = 16 };

uint64_t steps_patience(const struct exchange *exchange)
{
    const struct route_settings *settings = exchange->route->settings;
    return exchange->step == STEP_RELAYING ? settings->timeouts.idle : settings->timeouts.first_byte;
}

size_t steps_room(const struct exchange *exchange)
{
    return stream_free_room(exchange->down) +
           (exchange->up != NULL ? stream_free_room(exchange->up) : STREAM_ROOM);
}

void steps_time(struct exchange *exchange)
{
    uint64_t patience = steps_patience(exchange), now = exchange->lane->loop->now;
    uint64_t left = exchange->moved_at + patience - now, look = patience / LOOKS + 1;
    wheel_set(&exchange->lane->loop->wheel, &exchange->timer, look < left ? look : left);
}

/* Bytes have moved: the step has its time anew. */
static void arm(struct exchange *exchange)
{
    exchange->room_seen = steps_room(exchange);
    exchange->moved_at = exchange->lane->loop->now;
    if (steps_patience(exchange) > 0)
        steps_time(exchange);
}

static const struct fault *normalize(struct exchange *exchange)
{
    struct route_ask ask;
    const struct fault *fault = route_ask_read(&ask, &exchange->down->head_in, exchange->down->arena);
    exchange->host = ask.host;
    exchange->path = ask.path;
    exchange->query = ask.query;
    exchange->asked = exchange->down->head_in.path;
    return fault;
}

static enum verdict arrive(struct exchange *exchange)
{
    struct stream *down = exchange->down;
    exchange->grpc = grpc_is(&down->head_in) || grpc_web_answer_kind(&down->head_in) != GRPC_WEB_NONE;
    if (!request_id_choose(exchange))
        return steps_fail(exchange, FAULT(out_of_memory));
    if ((down->marks & HEAD_IN) == 0)
        return steps_fail(exchange, down->fault);
    const struct fault *fault = exchange->caller->refused;
    if (down->head_in.early && !method_is_safe(down->head_in.method))
        fault = FAULT(too_early);
    if (fault == NULL)
        fault = normalize(exchange);
    return fault != NULL ? steps_fail(exchange, fault) : steps_go(exchange, STEP_ROUTED);
}

/* The route's limit, or the client's own where it is stricter. */
static uint64_t time_limit(const struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    const struct field *asked = exchange->grpc ? fields_find_name(&head->fields, TEXT("grpc-timeout")) : NULL;
    uint64_t limit = exchange->route->settings->timeouts.request, ms;
    if (asked == NULL || !grpc_timeout_read(asked->value, &ms))
        return limit;
    return limit == 0 || ms < limit ? ms + 1 : limit;
}

static enum verdict find_route(struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    const struct route_ask ask = {exchange->host, exchange->path, exchange->query, head->method_text,
                                  &head->fields};
    const struct route *route;
    const struct fault *fault = route_table_find(exchange->front->routes, &ask, &route);
    if (fault != NULL)
        return steps_fail(exchange, fault);
    exchange->route = route;
    uint64_t limit = time_limit(exchange);
    if (limit > 0)
        wheel_set(&exchange->lane->loop->wheel, &exchange->deadline, limit);
    return steps_go(exchange, STEP_ADMITTED);
}

static enum verdict look(struct exchange *exchange)
{
    const struct fault *fault;
    exchange->tries = 0; /* those before led elsewhere */
    if (exchange->caching == NULL && !caching_is_renewal(exchange))
        follow_known(exchange);
    switch (caching_look(exchange, &fault)) {
    case CACHING_FAILS:
        return steps_fail(exchange, fault);
    case CACHING_WAITS:
        return VERDICT_WAIT;
    case CACHING_SERVES:
        return steps_go(exchange, STEP_ANSWERED);
    case CACHING_FETCHES:
        break;
    }
    return admit_hints(exchange) ? steps_go(exchange, STEP_PICKED)
                                 : steps_fail(exchange, FAULT(out_of_memory));
}

static enum verdict pick(struct exchange *exchange)
{
    struct claim *claim = &exchange->claim;
    if (claim->upstream == NULL && !attempt_begin(exchange))
        return VERDICT_WAIT;
    if (claim->fault == NULL && claim->stream == NULL)
        return VERDICT_WAIT;
    const struct fault *fault = claim->fault != NULL ? claim->fault : attempt_send(exchange);
    if (fault != NULL)
        return steps_fail(exchange, fault);
    return steps_go(exchange, STEP_SENT);
}

/* While the client pauses in its upload the backend is not late; the listener's timeouts.body is for that. */
static bool client_pauses(const struct exchange *exchange)
{
    const struct stream *down = exchange->down;
    bool awaits_continue = exchange->body_in == 0 && fields_have(&down->head_in.fields, FIELD_EXPECT);
    return (down->marks & END_IN) == 0 && chain_is_empty(&down->in) && !down->head_in.upgrade &&
           !awaits_continue;
}

static void time_answer(struct exchange *exchange, bool moved)
{
    if (client_pauses(exchange))
        wheel_cancel(&exchange->lane->loop->wheel, &exchange->timer);
    else if (moved || !timer_is_set(&exchange->timer))
        arm(exchange);
}

/* What comes for a tunnel before it is open would be read as requests by a backend that opens none. */
static size_t feed_request(struct exchange *exchange)
{
    return exchange->down->head_in.upgrade ? 0 : attempt_feed(exchange);
}

/* An answer that broke off in the turn in which it came: nothing of it has left, so it is none. */
static bool is_broken(const struct stream *up)
{
    return (up->marks & RESET) != 0 && (up->marks & (HEAD_IN | END_IN)) != (HEAD_IN | END_IN);
}

static enum verdict await_answer(struct exchange *exchange)
{
    struct stream *up = exchange->up;
    time_answer(exchange, feed_request(exchange) > 0);
    if (up->interim_in != NULL && !forward_interims(exchange))
        return steps_fail(exchange, FAULT(out_of_memory));
    if ((up->marks & HEAD_IN) != 0)
        exchange->claim.reused = false; /* it has served: what goes wrong now is no stale connection */
    if (is_broken(up))
        return steps_fail(exchange, up->fault);
    return (up->marks & HEAD_IN) != 0 ? steps_go(exchange, STEP_ANSWERED) : VERDICT_WAIT;
}

/* Its connection can serve again. */
static bool is_whole(const struct stream *up)
{
    return (up->marks & END_IN) != 0 && (up->marks & END_OUT) != 0 && chain_is_empty(&up->out);
}

/* The client doesn't get this answer. */
static enum verdict ask_again(struct exchange *exchange, enum step step)
{
    unsigned status = attempt_status(exchange);
    if (!is_whole(exchange->up))
        stream_abort(exchange->up);
    attempt_end(exchange, status);
    return steps_go(exchange, step);
}

/* The client would take it for an open tunnel (RFC 9113 section 8.5). */
static const struct fault *misleads(const struct exchange *exchange)
{
    const struct stream *up = exchange->up;
    if (!exchange->down->head_in.connect || up->head_in.status / 100 != 2)
        return NULL;
    return up->session != NULL ? FAULT(upgrade_failed) : FAULT(not_implemented);
}

static enum verdict answer(struct exchange *exchange)
{
    struct stream *up = exchange->up;
    const struct fault *fault = misleads(exchange);
    if (fault != NULL)
        return steps_fail(exchange, fault);
    if (up->session != NULL)
        follow_forget(exchange);
    if (up->session != NULL && attempt_may_repeat_status(exchange, attempt_status(exchange)))
        return ask_again(exchange, STEP_PICKED);
    if (up->session != NULL && (follow_redirect(exchange) || caching_asks_whole(exchange)))
        return ask_again(exchange, STEP_LOOKED);
    if (!redirects_put_back(exchange, &up->head_in.fields))
        return steps_fail(exchange, FAULT(out_of_memory));
    caching_answer(exchange);
    up = exchange->up;
    if (up == NULL || !forward_response(exchange))
        return steps_fail(exchange, FAULT(out_of_memory));
    if (up->session != NULL && up->head_in.status != 101 && exchange->down->head_in.upgrade)
        stream_finish(up); /* no other protocol: the request has ended */
    exchange->status = up->head_in.status;
    exchange->first_byte_us = exchange->lane->loop->now_us;
    exchange->answered = true;
    chain_clear(&exchange->replay);
    exchange->replay_lost = true;
    stream_send_head(exchange->down);
    wheel_cancel(&exchange->lane->loop->wheel, &exchange->timer); /* the first byte is there */
    wheel_cancel(&exchange->lane->loop->wheel, &exchange->patience);
    return steps_go(exchange, STEP_RELAYING);
}

/* The answer may be over before the request is: what comes then is the session's to throw away. */
static bool is_over(const struct exchange *exchange)
{
    if (!relay_is_over(exchange->up, exchange->down))
        return false;
    return exchange->up->head_in.status != 101 || relay_is_over(exchange->down, exchange->up);
}

/* The client has left, or had its time, but others may want what is being stored. */
static enum verdict outlive(struct exchange *exchange, bool fetching, size_t moved)
{
    if (!fetching)
        return steps_fail(exchange, exchange->fault != NULL ? exchange->fault : exchange->down->fault);
    chain_clear(&exchange->up->in);
    stream_consumed(exchange->up);
    if (moved > 0)
        arm(exchange);
    return VERDICT_WAIT;
}

static enum verdict relay_bodies(struct exchange *exchange)
{
    struct stream *down = exchange->down;
    struct stream *up = exchange->up;
    size_t moved = 0;
    bool fetching = caching_pull(exchange, &moved);
    if ((down->marks & RESET) != 0)
        return outlive(exchange, fetching, moved);
    if (up->session != NULL && (up->marks & RESET) == 0)
        moved += attempt_feed(exchange);
    if (down->head_in.method == METHOD_HEAD && up->session == NULL)
        chain_clear(&up->in);
    size_t answered = relay(up, down, NULL);
    exchange->body_out += answered;
    if ((up->session != NULL || fetching) && (moved + answered > 0 || !timer_is_set(&exchange->timer)))
        arm(exchange);
    if (is_over(exchange))
        return fetching ? VERDICT_WAIT : steps_go(exchange, STEP_DONE);
    if ((up->marks & RESET) != 0 && chain_is_empty(&up->in))
        return steps_fail(exchange, up->fault);
    return VERDICT_WAIT;
}

static enum verdict finish(struct exchange *exchange)
{
    struct loop *loop = exchange->lane->loop;
    wheel_cancel(&loop->wheel, &exchange->deadline);
    wheel_cancel(&loop->wheel, &exchange->timer);
    attempt_end(exchange, exchange->up != NULL ? attempt_status(exchange) : 0);
    if (!caching_is_renewal(exchange))
        trail_note(exchange->lane, exchange);
    caching_end(exchange);
    if (exchange->mirror != NULL)
        mirror_leave(exchange);
    chain_clear(&exchange->replay);
    stream_done(exchange->down);
    exchange->down = NULL;
    list_remove(&exchange->node);
    exchange->lane->running_count--;
    loop_retire(loop, &exchange->retire);
    return VERDICT_WAIT;
}

const struct step_row steps[STEP_COUNT] = {
    [STEP_ARRIVED] = {"arrived", arrive},   [STEP_ROUTED] = {"routed", find_route},
    [STEP_ADMITTED] = {"admitted", admit},  [STEP_LOOKED] = {"looked", look},
    [STEP_PICKED] = {"picked", pick},       [STEP_SENT] = {"sent", await_answer},
    [STEP_ANSWERED] = {"answered", answer}, [STEP_RELAYING] = {"relaying", relay_bodies},
    [STEP_DONE] = {"done", finish},
};
