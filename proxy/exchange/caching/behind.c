/* SPDX-License-Identifier: Apache-2.0 */
/* A stale answer is renewed behind the back of the client that got it (RFC 5861 section 3): an exchange of its own, whose
 * down is a local stream that throws away what it is answered. */
#include "base/panic.h"
#include "exchange/caching/parts.h"

struct renewal {
    struct stream down; /* first */
    struct arena arena;
    struct lane *lane;
    struct entry entry; /* the view it begins with */
    struct caller caller;
    struct cache_store *store;   /* a reference */
    struct cache_flight *flight; /* until the exchange takes it */
    struct cache_object *found;  /* a reference, the same */
    struct task retire;
};

static struct renewal *renewal_of(struct stream *down)
{
    return (struct renewal *)(void *)down;
}

/* There is room again at once. */
static void discard(struct stream *down)
{
    chain_clear(&down->out);
    if (down->starved)
        stream_wake(down);
    down->starved = false;
}

static void renewal_free(struct task *task)
{
    struct renewal *renewal = CONTAINER(task, struct renewal, retire);
    arena_clear(&renewal->arena);
    view_unref(renewal->entry.view);
    cache_store_unref(renewal->store);
    loop_give(renewal->lane->loop, renewal, sizeof *renewal);
}

static void end(struct stream *down)
{
    struct renewal *renewal = renewal_of(down);
    if (renewal->flight != NULL)
        cache_flight_land(renewal->store, renewal->flight, FLIGHT_LOST);
    cache_object_unref(renewal->found);
    loop_retire(renewal->lane->loop, &renewal->retire);
}

static const struct local_ops renewal_ops = {.output = discard, .done = end};

static bool keep(struct renewal *renewal, struct text *text)
{
    *text = arena_copy(&renewal->arena, *text);
    return text->at != NULL;
}

/* The client's own memory may be gone before the backend has answered. */
static bool copy_head(struct renewal *renewal, const struct exchange *exchange)
{
    const struct head *from = &exchange->down->head_in;
    struct head *head = &renewal->down.head_in;
    *head = (struct head){.method = METHOD_GET,
                          .method_text = TEXT("GET"),
                          .target = from->target,
                          .scheme = from->scheme,
                          .authority = from->authority,
                          .path = exchange->asked,
                          .major = from->major,
                          .minor = from->minor};
    return fields_copy(&head->fields, &renewal->arena, &from->fields) && keep(renewal, &head->target) &&
           keep(renewal, &head->scheme) && keep(renewal, &head->authority) && keep(renewal, &head->path);
}

static struct renewal *renewal_new(struct exchange *exchange)
{
    struct lane *lane = exchange->lane;
    struct renewal *renewal = loop_take(lane->loop, sizeof *renewal);
    if (renewal == NULL)
        return NULL;
    arena_init(&renewal->arena, exchange->down->arena->limit);
    stream_init(&renewal->down, NULL, &lane->loop->chunks);
    if (!copy_head(renewal, exchange)) {
        arena_clear(&renewal->arena);
        loop_give(lane->loop, renewal, sizeof *renewal);
        return NULL;
    }
    renewal->lane = lane;
    renewal->entry =
        (struct entry){lane, view_ref(exchange->view), (struct front_plan *)(uintptr_t)exchange->front};
    renewal->caller = *exchange->caller;
    renewal->caller.entry = &renewal->entry;
    renewal->caller.identity = NULL; /* it is the connection's */
    renewal->store = cache_store_ref(exchange->caching->zone->store);
    renewal->retire.run = renewal_free;
    return renewal;
}

bool caching_renew(struct exchange *exchange, struct cache_object *object, struct cache_flight *flight)
{
    struct renewal *renewal = renewal_new(exchange);
    if (renewal == NULL)
        return false;
    renewal->flight = flight;
    renewal->found = cache_object_ref(object);
    renewal->down.local = &renewal_ops;
    renewal->down.arena = &renewal->arena;
    renewal->down.marks = HEAD_IN | END_IN;
    exchange_start(&renewal->caller, &renewal->down);
    return true;
}

bool caching_is_renewal(const struct exchange *exchange)
{
    return exchange->down->local == &renewal_ops;
}

void caching_take_over(struct exchange *exchange)
{
    struct renewal *renewal = renewal_of(exchange->down);
    exchange->caching->flight = renewal->flight;
    exchange->caching->found = renewal->found;
    renewal->flight = NULL;
    renewal->found = NULL;
}
