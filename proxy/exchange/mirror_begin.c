/* SPDX-License-Identifier: Apache-2.0 */
/* How a mirror comes to be: a head of its own, and a claim. */
#include "exchange/affinity.h"
#include "exchange/forward.h"
#include "exchange/mirror_parts.h"

static bool keep(struct mirror *mirror, struct text *text)
{
    *text = arena_copy(&mirror->arena, *text);
    return text->at != NULL;
}

/* The exchange's own memory may be gone before the copy is sent. */
static bool copy_head(struct mirror *mirror, const struct exchange *exchange)
{
    struct head *head = &mirror->head;
    struct fields passing;
    mirror->asked = exchange->down->head_in.authority;
    if (!forward_head(exchange, &mirror->arena, head))
        return false;
    fields_remove(&head->fields, FIELD_EXPECT, TEXT("Expect")); /* nobody waits for a 100 */
    passing = head->fields;
    head->fields = (struct fields){0};
    return fields_copy(&head->fields, &mirror->arena, &passing) && keep(mirror, &mirror->asked) &&
           keep(mirror, &head->method_text) && keep(mirror, &head->path);
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
    mirror->limit.fire = mirror_late;
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

static void join(struct mirror *mirror, struct exchange *exchange)
{
    struct lane *lane = mirror->lane;
    uint64_t request = mirror_settings(mirror)->timeouts.request;
    uint64_t first_byte = mirror_settings(mirror)->timeouts.first_byte;
    list_push(&lane->mirrors, &mirror->node);
    lane->mirror_count++;
    lane->running_count++;
    mirror->exchange = exchange;
    exchange->mirror = mirror;
    mirror_notice_end(mirror);
    wheel_set(&lane->loop->wheel, &mirror->limit,
              request > 0      ? request
              : first_byte > 0 ? first_byte
                               : MIRROR_LIMIT_MS);
}

/* It goes its own way from here: what it does, it does in its own task. */
static void claim_stream(struct mirror *mirror, const struct exchange *exchange)
{
    struct claim *claim = &mirror->claim;
    struct upstream *upstream = mirror->view->upstreams[mirror_settings(mirror)->mirror.cluster];
    claim->arena = &mirror->arena;
    claim->queue = &mirror->lane->loop->ready;
    claim->task = &mirror->task;
    claim->connect_timeout = mirror_settings(mirror)->timeouts.connect;
    affinity_ask(exchange, upstream_settings(upstream), claim);
    mirror->sent_us = mirror->lane->loop->now_us;
    if (upstream_claim(upstream, claim))
        mirror_wake(mirror);
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
        mirror_count_drop(lane, exchange->route);
        return;
    }
    join(mirror, exchange);
    claim_stream(mirror, exchange);
}
