/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/mirror.h"

#include "base/codes.h"
#include "base/histogram.h"
#include "base/panic.h"
#include "exchange/affinity.h"
#include "exchange/forward.h"
#include "exchange/relay.h"
#include "exchange/rewrite.h"

struct mirror {
    uint32_t magic;
    struct lane *lane;
    struct view *view; /* a reference: route and upstream are of it */
    const struct route *route;
    struct exchange *exchange; /* whose request it copies; NULL: it has all of it */
    struct arena arena;
    struct text asked;  /* the client's Host */
    struct head head;   /* until it is sent; the texts are the arena's */
    struct chain body;  /* what the stream has no room for yet */
    struct claim claim; /* for a stream to the other upstream */
    struct stream *up;  /* once the head is sent */
    struct task task;
    struct task retire;
    struct timer limit;
    struct list_node node; /* in lane->mirrors */
    uint64_t sent_us;
    bool ended;
    bool late;
};

#define MIRROR_MAGIC 0x6d697272u

static const struct route_settings *settings_of(const struct mirror *mirror)
{
    return mirror->route->settings;
}

static void mirror_free(struct task *task)
{
    struct mirror *mirror = CONTAINER(task, struct mirror, retire);
    task_cancel(&mirror->task);
    view_unref(mirror->view);
    arena_clear(&mirror->arena);
    mirror->magic = 0;
    loop_give(mirror->lane->loop, mirror, sizeof *mirror);
}

static void count_drop(struct lane *lane, const struct route *route)
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
    count_drop(mirror->lane, mirror->route);
    mirror_end(mirror, fault->status);
}

static void send_head(struct mirror *mirror)
{
    struct stream *up = mirror->up = mirror->claim.stream;
    up->head_out = mirror->head;
    up->head_out.authority =
        rewrite_host(&settings_of(mirror)->rewrite, mirror->asked, mirror->claim.endpoint);
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

static void mirror_run(struct task *task)
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

static void wake(struct mirror *mirror)
{
    task_wake(&mirror->lane->loop->ready, &mirror->task);
}

static void on_limit(struct timer *timer)
{
    struct mirror *mirror = CONTAINER(timer, struct mirror, limit);
    mirror->late = true;
    wake(mirror);
}

static bool keep(struct mirror *mirror, struct text *text)
{
    *text = arena_copy(&mirror->arena, *text);
    return text->at != NULL;
}

/* The exchange's own memory may be gone before the copy is sent. */
static bool copy_head(struct mirror *mirror, const struct exchange *exchange)
{
    struct head *head = &mirror->head;
    mirror->asked = exchange->down->head_in.authority;
    if (!forward_head(exchange, &mirror->arena, head))
        return false;
    fields_remove(&head->fields, FIELD_EXPECT, TEXT("Expect")); /* nobody waits for a 100 */
    for (unsigned i = 0; i < head->fields.count; i++)
        if (!keep(mirror, &head->fields.at[i].name) || !keep(mirror, &head->fields.at[i].value))
            return false;
    return keep(mirror, &mirror->asked) && keep(mirror, &head->method_text) && keep(mirror, &head->path);
}

static struct mirror *mirror_new(struct exchange *exchange)
{
    struct loop *loop = exchange->lane->loop;
    struct mirror *mirror = loop_take(loop, sizeof *mirror);
    if (mirror == NULL)
        return NULL;
    mirror->magic = MIRROR_MAGIC;
    mirror->lane = exchange->lane;
    mirror->route = exchange->route;
    mirror->task.run = mirror_run;
    mirror->retire.run = mirror_free;
    mirror->limit.fire = on_limit;
    arena_init(&mirror->arena, exchange->down->arena->limit);
    chain_init(&mirror->body, &loop->chunks);
    if (!copy_head(mirror, exchange)) {
        arena_clear(&mirror->arena);
        loop_give(loop, mirror, sizeof *mirror);
        return NULL;
    }
    mirror->view = view_ref(exchange->view);
    return mirror;
}

static bool is_complete(const struct stream *down)
{
    return (down->marks & END_IN) != 0 && chain_is_empty(&down->in);
}

/* Nothing more comes from the exchange. */
static void complete(struct mirror *mirror)
{
    mirror->exchange->mirror = NULL;
    mirror->exchange = NULL;
}

static void join(struct mirror *mirror, struct exchange *exchange)
{
    struct lane *lane = mirror->lane;
    uint64_t request = settings_of(mirror)->timeouts.request;
    uint64_t first_byte = settings_of(mirror)->timeouts.first_byte;
    list_push(&lane->mirrors, &mirror->node);
    lane->mirror_count++;
    lane->running_count++;
    mirror->exchange = exchange;
    exchange->mirror = mirror;
    if (is_complete(exchange->down))
        complete(mirror);
    wheel_set(&lane->loop->wheel, &mirror->limit,
              request > 0      ? request
              : first_byte > 0 ? first_byte
                               : MIRROR_LIMIT_MS);
}

/* It goes its own way from here: what it does, it does in its own task. */
static void claim_stream(struct mirror *mirror, const struct exchange *exchange)
{
    struct claim *claim = &mirror->claim;
    struct upstream *upstream = mirror->view->upstreams[settings_of(mirror)->mirror.cluster];
    claim->arena = &mirror->arena;
    claim->queue = &mirror->lane->loop->ready;
    claim->task = &mirror->task;
    claim->connect_timeout = settings_of(mirror)->timeouts.connect;
    affinity_ask(exchange, upstream_settings(upstream), claim);
    mirror->sent_us = mirror->lane->loop->now_us;
    if (upstream_claim(upstream, claim))
        wake(mirror);
}

/* A tunnel can't be copied: what the client says in it depends on what it hears. */
void mirror_begin(struct exchange *exchange)
{
    struct lane *lane = exchange->lane;
    if (exchange->down->head_in.upgrade ||
        lane_random(lane) % 100 >= exchange->route->settings->mirror.percent)
        return;
    struct mirror *mirror = lane->mirror_count < MIRRORS_MAX ? mirror_new(exchange) : NULL;
    if (mirror == NULL) {
        count_drop(lane, exchange->route);
        return;
    }
    join(mirror, exchange);
    claim_stream(mirror, exchange);
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
    if (is_complete(exchange->down))
        complete(mirror);
    if (moved > 0 || mirror->exchange == NULL)
        wake(mirror);
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
