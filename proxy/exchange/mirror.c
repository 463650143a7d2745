/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/mirror_parts.h"

#include "base/codes.h"
#include "base/histogram.h"
#include "base/panic.h"
#include "exchange/relay.h"
#include "exchange/rewrite.h"

void mirror_free(struct task *task)
{
    struct mirror *mirror = CONTAINER(task, struct mirror, retire);
    task_cancel(&mirror->task);
    view_unref(mirror->view);
    arena_clear(&mirror->arena);
    mirror->magic = 0;
    loop_give(mirror->lane->loop, mirror, sizeof *mirror);
}

void mirror_count_drop(struct lane *lane, const struct route *route)
{
    cells_add(lane->loop->cells, route->mirrors_dropped, 1);
}

/* Nothing is learnt of the endpoint's health: its own requests and checks are for that. */
static void count_attempt(const struct mirror *mirror, unsigned status)
{
    struct loop *loop = mirror->lane->loop;
    const struct endpoint *endpoint = mirror->claim.endpoint;
    if (endpoint == NULL)
        return;
    cells_add(loop->cells, endpoint->requests + code_cell(status), 1);
    histogram_add(loop->cells, endpoint->duration, loop->now_us - mirror->sent_us);
}

/* What is not over is broken off, so that nothing of the stream refers to the arena any more. */
static void give_stream_back(struct mirror *mirror)
{
    struct stream *stream = mirror->claim.stream;
    if (stream != NULL) {
        const unsigned both = END_IN | END_OUT;
        if ((stream->marks & both) != both || !chain_is_empty(&stream->out))
            stream_abort(stream);
        chain_clear(&stream->in);
        stream_done(stream);
    }
    mirror->up = NULL;
    claim_end(&mirror->claim);
}

/* status: of the answer, or of what went wrong. */
static void mirror_end(struct mirror *mirror, unsigned status)
{
    struct lane *lane = mirror->lane;
    mirror->ended = true;
    count_attempt(mirror, status);
    give_stream_back(mirror);
    if (mirror->exchange != NULL)
        mirror->exchange->mirror = NULL;
    mirror->exchange = NULL;
    chain_clear(&mirror->body);
    wheel_cancel(&lane->loop->wheel, &mirror->limit);
    list_remove(&mirror->node);
    lane->mirror_count--;
    lane->running_count--;
    loop_retire(lane->loop, &mirror->retire);
}

static void mirror_drop(struct mirror *mirror, const struct fault *fault)
{
    mirror_count_drop(mirror->lane, mirror->route);
    mirror_end(mirror, fault->status);
}

static void send_head(struct mirror *mirror)
{
    struct stream *up = mirror->up = mirror->claim.stream;
    up->head_out = mirror->head;
    up->head_out.authority =
        rewrite_host(&mirror_settings(mirror)->rewrite, mirror->asked, mirror->claim.endpoint);
    mirror->sent_us = mirror->lane->loop->now_us;
    stream_send_head(up);
}

static void send_body(struct mirror *mirror)
{
    struct stream *up = mirror->up;
    size_t room = stream_room(up, mirror->body.len);
    size_t len = mirror->body.len < room ? mirror->body.len : room;
    if (len > 0 && chain_move(&mirror->body, &up->out, len) > 0)
        stream_sent(up);
    if (mirror->exchange == NULL && chain_is_empty(&mirror->body))
        stream_finish(up);
}

static void forget_answer(struct stream *up)
{
    up->interim_in = NULL;
    if (chain_is_empty(&up->in))
        return;
    chain_clear(&up->in);
    stream_consumed(up);
}

void mirror_run(struct task *task)
{
    struct mirror *mirror = CONTAINER(task, struct mirror, task);
    CHECK(mirror, MIRROR_MAGIC);
    if (mirror->ended)
        return;
    if (mirror->late || mirror->claim.fault != NULL) {
        mirror_drop(mirror, mirror->late ? FAULT(request_timeout) : mirror->claim.fault);
        return;
    }
    if (mirror->claim.stream == NULL)
        return;
    if (mirror->up == NULL)
        send_head(mirror);
    send_body(mirror);
    forget_answer(mirror->up);
    if ((mirror->up->marks & END_IN) != 0 && (mirror->up->marks & HEAD_IN) != 0)
        mirror_end(mirror, mirror->up->head_in.status);
    else if ((mirror->up->marks & RESET) != 0)
        mirror_drop(mirror, mirror->up->fault);
}

void mirror_wake(struct mirror *mirror)
{
    task_wake(&mirror->lane->loop->ready, &mirror->task);
}

void mirror_late(struct timer *timer)
{
    struct mirror *mirror = CONTAINER(timer, struct mirror, limit);
    mirror->late = true;
    mirror_wake(mirror);
}

static bool is_complete(const struct stream *down)
{
    return (down->marks & END_IN) != 0 && chain_is_empty(&down->in);
}

void mirror_notice_end(struct mirror *mirror)
{
    struct exchange *exchange = mirror->exchange;
    if (!is_complete(exchange->down))
        return;
    mirror->exchange = NULL;
    exchange->mirror = NULL;
}

static bool is_too_far_behind(const struct mirror *mirror)
{
    size_t sent = mirror->up != NULL ? mirror->up->out.len : 0;
    return mirror->body.len + sent > MIRROR_BEHIND;
}

size_t mirror_relay(struct exchange *exchange, struct chain *replay)
{
    struct mirror *mirror = exchange->mirror;
    struct chain copy;
    chain_init(&copy, mirror->body.pool);
    size_t moved = relay(exchange->down, exchange->up, &copy);
    bool whole = copy.len == moved;
    if (replay != NULL && !chain_share(&copy, replay, copy.len))
        chain_clear(replay);
    chain_move(&copy, &mirror->body, copy.len);
    if (!whole || is_too_far_behind(mirror)) {
        mirror_drop(mirror, FAULT(out_of_memory));
        return moved;
    }
    mirror_notice_end(mirror);
    if (moved > 0 || mirror->exchange == NULL)
        mirror_wake(mirror);
    return moved;
}

void mirror_leave(struct exchange *exchange)
{
    mirror_drop(exchange->mirror, FAULT(client_gone));
}

void mirrors_drop(struct lane *lane)
{
    while (!list_is_empty(&lane->mirrors))
        mirror_drop(CONTAINER(list_front(&lane->mirrors), struct mirror, node), FAULT(draining));
}
