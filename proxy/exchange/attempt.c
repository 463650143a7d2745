/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/attempt.h"

#include <limits.h>

#include "base/codes.h"
#include "base/histogram.h"
#include "base/log.h"
#include "exchange/affinity.h"
#include "exchange/forward.h"
#include "exchange/mirror.h"
#include "exchange/outcome.h"
#include "exchange/relay.h"
#include "upstream/budget.h"
#include "upstream/outlier.h"

static const struct route_settings *settings_of(const struct exchange *exchange)
{
    return exchange->route->settings;
}

static struct upstream *upstream_of(const struct exchange *exchange)
{
    return exchange->view->upstreams[exchange->cluster];
}

bool attempt_begin(struct exchange *exchange)
{
    struct claim *claim = &exchange->claim;
    claim->arena = exchange->down->arena;
    claim->queue = &exchange->lane->loop->ready;
    claim->task = &exchange->task;
    claim->connect_timeout = settings_of(exchange)->timeouts.connect;
    claim->stream = NULL;
    claim->fault = NULL;
    affinity_ask(exchange, upstream_settings(upstream_of(exchange)), claim);
    if (exchange->attempts++ == 0)
        budget_pay(upstream_budget(upstream_of(exchange)), settings_of(exchange)->retries.budget);
    if (settings_of(exchange)->retries.per_try > 0)
        wheel_set(&exchange->lane->loop->wheel, &exchange->patience, settings_of(exchange)->retries.per_try);
    exchange->sent_us = exchange->lane->loop->now_us;
    return upstream_claim(upstream_of(exchange), claim);
}

const struct fault *attempt_send(struct exchange *exchange)
{
    struct stream *up = exchange->up = exchange->claim.stream;
    stream_follow(up, &exchange->lane->loop->ready, &exchange->task);
    if (!forward_request(exchange))
        return FAULT(out_of_memory);
    exchange->sent_us = exchange->lane->loop->now_us;
    stream_send_head(up);
    if (!chain_is_empty(&exchange->replay)) {
        if (!chain_share(&exchange->replay, &up->out, exchange->replay.len))
            return FAULT(out_of_memory);
        stream_sent(up);
    }
    return NULL;
}

static bool is_repeatable(const struct exchange *exchange)
{
    return method_is_idempotent(exchange->down->head_in.method) && !exchange->down->head_in.upgrade;
}

/* Requests that are refused unseen go to another connection, whatever their method. */
static bool may_need_replay(const struct exchange *exchange)
{
    bool refusable = upstream_settings(upstream_of(exchange))->protocol != PROTOCOL_HTTP1;
    return is_repeatable(exchange) || (refusable && !exchange->down->head_in.upgrade);
}

size_t attempt_feed(struct exchange *exchange)
{
    struct stream *down = exchange->down;
    if (exchange->replay.len + down->in.len > REPLAY_MAX || !may_need_replay(exchange)) {
        exchange->replay_lost = exchange->replay_lost || !chain_is_empty(&down->in);
        chain_clear(&exchange->replay);
    }
    size_t before = exchange->replay.len;
    struct chain *replay = exchange->replay_lost ? NULL : &exchange->replay;
    size_t moved =
        exchange->mirror != NULL ? mirror_relay(exchange, replay) : relay(down, exchange->up, replay);
    if (!exchange->replay_lost && exchange->replay.len != before + moved)
        exchange->replay_lost = true; /* out of memory for it */
    exchange->body_in += moved;
    return moved;
}

/* us up to the answer's head: how long its body takes is the client's doing too, and a tunnel lasts for hours. */
static uint64_t time_of(const struct exchange *exchange)
{
    uint64_t came = exchange->first_byte_us;
    return (came != 0 ? came : exchange->lane->loop->now_us) - exchange->sent_us;
}

/* What other requests learn from this attempt. */
static void learn(const struct exchange *exchange, struct endpoint *endpoint, const struct outcome *outcome)
{
    const struct loop *loop = exchange->lane->loop;
    struct upstream *upstream = exchange->claim.upstream;
    bool failed = outcome->status >= 500;
    if (!failed) {
        endpoint_wake(endpoint);
        endpoint_time(endpoint, time_of(exchange), loop->now);
        outcome_tell_returned(endpoint, loop->now);
    }
    if (outlier_note(upstream_cluster(upstream), &upstream_settings(upstream)->outlier, endpoint, failed,
                     loop->now)) {
        cells_add(loop->cells, endpoint->ejections, 1);
        outcome_tell_ejected(outcome, endpoint);
    }
}

static void count(struct exchange *exchange, const struct outcome *outcome)
{
    struct cells *cells = exchange->lane->loop->cells;
    struct endpoint *endpoint = exchange->claim.endpoint;
    if (endpoint == NULL || outcome->status == 0)
        return;
    cells_add(cells, endpoint->requests + code_cell(outcome->status), 1);
    histogram_add(cells, endpoint->duration, exchange->lane->loop->now_us - exchange->sent_us);
    if (outcome->telling)
        learn(exchange, endpoint, outcome);
}

/* The endpoint may be gone once the claim has ended. */
static void remember(struct exchange *exchange)
{
    const struct endpoint *endpoint = exchange->claim.endpoint;
    exchange->endpoint_id = endpoint != NULL ? endpoint->id : 0;
    if (endpoint == NULL)
        return;
    exchange->tries++;
    struct text name = arena_copy(exchange->down->arena, endpoint->name);
    exchange->endpoint = name.at != NULL ? name : TEXT_NONE;
}

static void end(struct exchange *exchange, const struct outcome *outcome)
{
    struct claim *claim = &exchange->claim;
    /* One that was granted may not be up yet, for the client can leave before the exchange hears of it; or not any more,
     * because a stored answer is. */
    if (exchange->up != NULL && exchange->up != claim->stream)
        stream_done(exchange->up);
    if (claim->stream != NULL)
        stream_done(claim->stream);
    exchange->up = NULL;
    wheel_cancel(&exchange->lane->loop->wheel, &exchange->patience);
    if (claim->upstream == NULL)
        return; /* it was our own answer */
    count(exchange, outcome);
    outcome_tell_failure(outcome, exchange);
    remember(exchange);
    claim_end(claim);
    claim->stream = NULL;
    claim->fault = NULL;
}

void attempt_end(struct exchange *exchange, unsigned status)
{
    end(exchange, &(struct outcome){.status = status, .telling = true});
}

/* A kept connection may die while a request is on its way: it was closed before the request was seen. A stream that alone
 * was reset had been seen. */
static bool was_stale(const struct exchange *exchange, const struct fault *fault)
{
    const struct stream *stream = exchange->claim.stream;
    return fault->retry == FAULT_RESET && exchange->claim.reused && !exchange->answered && stream != NULL &&
           (stream->session->marks & SESSION_CLOSED) != 0;
}

void attempt_fail(struct exchange *exchange, const struct fault *fault)
{
    bool ours = fault->status < 500 || fault == FAULT(out_of_memory) ||
                fault == FAULT(overloaded); /* or the client's */
    exchange->stale = was_stale(exchange, fault);
    end(exchange, &(struct outcome){fault->status, fault, !ours && !exchange->stale});
}

static unsigned retry_bit(const struct fault *fault)
{
    switch (fault->retry) {
    case FAULT_CONNECT:
        return RETRY_CONNECT;
    case FAULT_RESET:
        return RETRY_RESET;
    case FAULT_TIMEOUT:
        return RETRY_504;
    case FAULT_TRY: /* whoever limits a try wants another one */
        return UINT_MAX;
    default:
        return 0;
    }
}

static bool may_send_again(const struct exchange *exchange)
{
    return !exchange->answered && !exchange->replay_lost && (exchange->down->marks & (RESET | BAD_IN)) == 0;
}

static bool attempts_are_left(const struct exchange *exchange)
{
    return exchange->attempts <= settings_of(exchange)->retries.attempts;
}

/* Another endpoint, while there is one. */
static bool avoid_endpoint(struct exchange *exchange)
{
    struct claim *claim = &exchange->claim;
    claim->only = 0;
    if (exchange->endpoint_id != 0 && claim->tried_count < CLAIM_TRIED)
        claim->tried[claim->tried_count++] = exchange->endpoint_id;
    return true;
}

static bool is_affordable(struct exchange *exchange)
{
    struct loop *loop = exchange->lane->loop;
    struct upstream *upstream = upstream_of(exchange);
    if (!budget_take(upstream_budget(upstream), loop->now)) {
        log_write_limited(LOG_WARN, "upstream %.*s: the budget for retries is used up",
                          TEXT_ARGS(upstream_settings(upstream)->name));
        return false;
    }
    cells_add(loop->cells, upstream_cluster(upstream)->retries, 1);
    return true;
}

/* A try for nothing, which costs nothing of the budget. */
static bool refresh(struct exchange *exchange)
{
    if (!exchange->stale || exchange->refreshed || !is_repeatable(exchange))
        return false;
    exchange->refreshed = true;
    exchange->attempts--;
    exchange->tries--;
    exchange->claim.only = exchange->endpoint_id;
    return true;
}

bool attempt_may_repeat(struct exchange *exchange, const struct fault *fault)
{
    if (!may_send_again(exchange))
        return false;
    if (refresh(exchange))
        return true;
    if ((retry_bit(fault) & settings_of(exchange)->retries.on) == 0 || !attempts_are_left(exchange))
        return false;
    if (fault->retry != FAULT_CONNECT && !is_repeatable(exchange))
        return false;
    return is_affordable(exchange) && avoid_endpoint(exchange);
}

/* gRPC's UNAVAILABLE in place of an answer: its head is all there is (grpc/doc/PROTOCOL-HTTP2.md, Trailers-Only). */
static bool is_unavailable(const struct exchange *exchange)
{
    const struct head *head = &exchange->up->head_in;
    const struct field *status =
        exchange->grpc && head->status == 200 ? fields_find_name(&head->fields, TEXT("grpc-status")) : NULL;
    return status != NULL && text_equal(status->value, TEXT("14"));
}

unsigned attempt_status(const struct exchange *exchange)
{
    return is_unavailable(exchange) ? 503 : exchange->up->head_in.status;
}

static unsigned status_bit(const struct exchange *exchange, unsigned status)
{
    if (is_unavailable(exchange))
        return RETRY_UNAVAILABLE;
    return status == 502 ? RETRY_502 : status == 503 ? RETRY_503 : status == 504 ? RETRY_504 : 0;
}

bool attempt_may_repeat_status(struct exchange *exchange, unsigned status)
{
    unsigned bit = status_bit(exchange, status);
    if ((bit & settings_of(exchange)->retries.on) == 0 || !may_send_again(exchange))
        return false;
    bool repeatable = is_repeatable(exchange) || bit == RETRY_UNAVAILABLE;
    return repeatable && attempts_are_left(exchange) && is_affordable(exchange) && avoid_endpoint(exchange);
}
