/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/exchange.h"

#include "base/panic.h"
#include "exchange/attempt.h"
#include "exchange/caching/caching.h"
#include "exchange/reply.h"
#include "exchange/steps.h"

static void exchange_free(struct task *task)
{
    struct exchange *exchange = CONTAINER(task, struct exchange, retire);
    struct lane *lane = exchange->lane;
    task_cancel(&exchange->task);
    view_unref(exchange->view);
    exchange->magic = 0;
    slab_give(&lane->exchanges, exchange);
}

static void be_late(struct exchange *exchange, const struct fault *fault)
{
    exchange->late = fault;
    task_wake(&exchange->lane->loop->ready, &exchange->task);
}

static void on_deadline(struct timer *timer)
{
    be_late(CONTAINER(timer, struct exchange, deadline), FAULT(request_timeout));
}

static void on_patience(struct timer *timer)
{
    be_late(CONTAINER(timer, struct exchange, patience), FAULT(try_timeout));
}

/* Bytes also move while a slow peer takes what lies ready for it: then there is more room than before. */
static bool has_moved(struct exchange *exchange)
{
    size_t before = exchange->room_seen;
    exchange->room_seen = steps_room(exchange);
    return exchange->room_seen < 2 * STREAM_ROOM && exchange->room_seen > before;
}

static void on_timer(struct timer *timer)
{
    struct exchange *exchange = CONTAINER(timer, struct exchange, timer);
    bool relaying = exchange->step == STEP_RELAYING, routed = exchange->route->settings != NULL;
    uint64_t now = exchange->lane->loop->now;
    if (routed && has_moved(exchange))
        exchange->moved_at = now;
    if (routed && now < exchange->moved_at + steps_patience(exchange))
        steps_time(exchange);
    else
        be_late(exchange, relaying ? FAULT(idle_timeout) : FAULT(first_byte_timeout));
}

void exchange_start(const struct caller *caller, struct stream *down)
{
    const struct entry *entry = caller->entry;
    struct lane *lane = entry->lane;
    struct exchange *exchange = slab_take(&lane->exchanges);
    if (exchange == NULL) {
        stream_abort(down);
        stream_done(down);
        return;
    }
    exchange->magic = EXCHANGE_MAGIC;
    exchange->lane = lane;
    exchange->view = view_ref(entry->view);
    exchange->front = entry->plan;
    exchange->caller = caller;
    exchange->route = &entry->plan->unmatched;
    exchange->down = down;
    exchange->started_us = lane->loop->now_us;
    exchange->task.run = exchange_run;
    exchange->retire.run = exchange_free;
    exchange->deadline.fire = on_deadline;
    exchange->timer.fire = on_timer;
    exchange->patience.fire = on_patience;
    chain_init(&exchange->replay, &lane->loop->chunks);
    list_push(&lane->running, &exchange->node);
    lane->running_count++;
    stream_follow(down, &lane->loop->ready, &exchange->task);
    exchange_run(&exchange->task);
}

static void drop_attempt(struct exchange *exchange, const struct fault *fault)
{
    wheel_cancel(&exchange->lane->loop->wheel, &exchange->timer);
    caching_break(exchange);
    if (exchange->up != NULL)
        stream_abort(exchange->up);
    attempt_fail(exchange, fault);
}

/* A tunnel ends as its client likes once either side has said that nothing more comes. */
static bool is_end_of_tunnel(const struct exchange *exchange, const struct fault *fault)
{
    const struct stream *down = exchange->down;
    return exchange->step == STEP_RELAYING && down->head_out.upgrade && fault == down->fault &&
           (down->marks & RESET) != 0 && (down->marks & (END_IN | END_OUT)) != 0;
}

static void end_tunnel(struct exchange *exchange)
{
    stream_abort(exchange->up);
    exchange->step = STEP_DONE;
}

/* Nothing can be said to the client any more. */
static void give_up(struct exchange *exchange, const struct fault *fault)
{
    bool gone = (exchange->down->marks & RESET) != 0;
    if (!exchange->answered)
        exchange->status = gone ? exchange->down->fault->status : fault->status;
    stream_abort(exchange->down);
    exchange->step = STEP_DONE;
}

/* Our own answer in place of the one that did not come. Where it has begun, its end if that can say why, else a reset. */
static void tell(struct exchange *exchange, const struct fault *fault)
{
    if ((exchange->down->marks & RESET) == 0)
        exchange->up = exchange->answered ? reply_grpc_end(exchange, fault) : reply_fault(exchange, fault);
    if (exchange->up != NULL)
        exchange->step = exchange->answered ? STEP_RELAYING : STEP_ANSWERED;
    else
        give_up(exchange, fault);
}

void exchange_fail(struct exchange *exchange, const struct fault *fault)
{
    ASSERT(fault != NULL);
    if (is_end_of_tunnel(exchange, fault)) {
        end_tunnel(exchange);
        return;
    }
    drop_attempt(exchange, fault);
    if (exchange->route->settings != NULL && attempt_may_repeat(exchange, fault)) {
        exchange->step = STEP_PICKED;
        return;
    }
    exchange->fault = fault;
    bool gone = (exchange->down->marks & RESET) != 0;
    if (!gone && fault->status >= 500 && caching_stale(exchange))
        exchange->step = STEP_ANSWERED;
    else
        tell(exchange, fault);
}

/* What ends an exchange in any step but the last. */
static const struct fault *interruption(struct exchange *exchange)
{
    const struct stream *down = exchange->down;
    const struct fault *late = exchange->late;
    exchange->late = NULL;
    if ((down->marks & RESET) != 0)
        return late != NULL ? late : down->fault; /* what goes on without the client may be late too */
    if ((down->marks & BAD_IN) != 0 && exchange->fault != down->fault && (down->marks & HEAD_IN) != 0)
        return down->fault;
    return late;
}

/* What is being stored is for others too: it ends neither with its client nor with that one's time. */
static bool is_for_others(struct exchange *exchange, const struct fault *fault)
{
    struct stream *down = exchange->down;
    bool is_clients = fault == down->fault || fault == FAULT(request_timeout);
    if (!is_clients || !caching_goes_on(exchange))
        return false;
    if ((down->marks & (END_OUT | RESET)) == 0) {
        exchange->fault = fault;
        stream_abort(down);
    }
    return true;
}

void exchange_run(struct task *task)
{
    struct exchange *exchange = CONTAINER(task, struct exchange, task);
    CHECK(exchange, EXCHANGE_MAGIC);
    if (exchange->down == NULL)
        return; /* done, and about to be freed */
    const struct fault *fault = interruption(exchange);
    if (fault != NULL && !is_for_others(exchange, fault))
        exchange_fail(exchange, fault);
    while (steps[exchange->step].run(exchange) == VERDICT_NEXT)
        ;
}
