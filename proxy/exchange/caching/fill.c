/* SPDX-License-Identifier: Apache-2.0 */
/* How what a backend answers becomes a stored answer. */
#include "cache/coded.h"
#include "cache/window.h"
#include "exchange/caching/parts.h"
#include "http/message.h"

/* What the answer says, and how long it is good. */
void caching_read(const struct exchange *exchange, const struct head *response, struct cache_control *said,
                  struct freshness *freshness)
{
    int64_t now = caching_now(),
            delay = (int64_t)(exchange->lane->loop->now - exchange->caching->asked_at) / 1000;
    const struct cache_moment moment = {now, delay};
    bool targeted = cache_control_read_targeted(said, &response->fields);
    if (!targeted)
        cache_control_read(said, &response->fields);
    freshness_read(freshness, response, said, targeted, &moment, &caching_settings(exchange)->defaults);
}

/* RFC 9111 section 3.1: they are between this client and its proxy. */
static void leave_proxy_fields(struct fields *fields)
{
    static const struct text names[] = {
        {"Proxy-Authenticate", 18}, {"Proxy-Authentication-Info", 25}, {"Proxy-Authorization", 19}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        fields_remove(fields, FIELD_OTHER, names[i]);
}

static bool keep_head(const struct exchange *exchange, struct cache_object *object, const struct head *head)
{
    const struct caching_ask ask = caching_ask_of(exchange);
    struct fields kept = {0};
    object->status = head->status;
    object->has_length = head->has_length;
    object->length = head->length;
    object->url = caching_url(&ask, &object->arena);
    object->keyed = caching_keyed(caching_settings(exchange));
    object->recodes = exchange->route->settings->compress != NULL;
    object->variant =
        policy_variant(&head->fields, &exchange->down->head_in.fields, object->recodes, &object->arena);
    if (object->variant.at == NULL || object->url.at == NULL ||
        !message_forward_fields(&head->fields, &kept, exchange->down->arena, 0))
        return false;
    leave_proxy_fields(&kept);
    return (fields_have(&kept, FIELD_DATE) ||
            fields_add_known(&kept, exchange->down->arena, FIELD_DATE, lane_date(exchange->lane))) &&
           cache_object_keep_fields(object, &kept);
}

size_t caching_size(const struct cache_object *object)
{
    return sizeof *object + object->arena.taken + object->body->taken + coded_taken(object->body);
}

struct cache_object *caching_object(const struct exchange *exchange, const struct head *head,
                                    const struct freshness *freshness, struct cache_body *body)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = body == NULL ? NULL : cache_object_new(caching->key, caching->hash, body);
    if (object == NULL)
        return NULL;
    object->freshness = *freshness;
    if (keep_head(exchange, object, head))
        return object;
    cache_object_unref(object);
    return NULL;
}

void caching_fill(struct exchange *exchange, const struct freshness *freshness)
{
    struct caching *caching = exchange->caching;
    const struct head *head = &exchange->up->head_in;
    struct cache_body *body =
        cache_body_new(head->has_length && head->length < SIZE_MAX / 2 ? (size_t)head->length : 0);
    struct cache_object *object = caching_object(exchange, head, freshness, body);
    if (object == NULL)
        return;
    if (!cache_store_put(caching->zone->store, object, caching_size(object), &caching->fetch) ||
        !caching_serve(exchange, cache_object_ref(object))) {
        cache_store_drop(caching->zone->store, object);
        cache_body_end(object->body, CACHE_BODY_BROKEN);
        cache_object_unref(object);
        exchange->up = exchange->claim.stream;
        return;
    }
    caching->filling = object;
    caching->writing = cache_body_ref(object->body);
    caching->stores = true;
}

/* Without a length it is as large as the last one: those who would read it while it comes wait for the slowest of them. */
bool caching_is_too_large(const struct exchange *exchange)
{
    const struct head *head = &exchange->up->head_in;
    const struct caching *caching = exchange->caching;
    struct cache_store *store = caching->zone->store;
    return head->has_length ? head->length > cache_store_max_object(store)
                            : cache_store_was_too_large(store, caching->hash);
}

/* What was there before is as good as it was. */
static void give_up(const struct caching *caching)
{
    struct cache_store *store = caching->zone->store;
    cache_store_drop(store, caching->filling);
    if (caching->found != NULL)
        cache_store_put_back(store, caching->found, caching_size(caching->found), &caching->fetch);
}

static void end_filling(struct exchange *exchange, enum body_state state)
{
    struct caching *caching = exchange->caching;
    if (state == CACHE_BODY_BROKEN && caching->filling != NULL)
        give_up(caching);
    cache_fetch_end(caching->zone->store, &caching->fetch);
    cache_window_leave(caching->writing, &caching->room);
    inbox_cancel(exchange->lane->loop, &caching->has_room);
    cache_body_end(caching->writing, state);
    cache_body_unref(caching->writing);
    cache_object_unref(caching->filling);
    caching->writing = NULL;
    caching->filling = NULL;
}

/* In the thread of a reader. */
static void tell_room(struct body_follower *follower)
{
    struct caching *caching = CONTAINER(follower, struct caching, room);
    inbox_send(caching->exchange->lane->loop, &caching->has_room);
}

/* Too large to be stored, or the next piece of it: those who read it get the rest all the same. */
static bool pass_on(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    caching->room.tell = tell_room;
    caching->has_room.task = &exchange->task;
    caching->writing = cache_window_next(caching->writing);
    cache_object_unref(caching->filling);
    caching->filling = NULL;
    return caching->writing != NULL;
}

/* Whether what was appended has its place. */
static bool makes_room(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    struct cache_object *object = caching->filling;
    if (object != NULL)
        return cache_store_grow(caching->zone->store, object, caching_size(object)) || pass_on(exchange);
    size_t len = atomic_load_explicit(&caching->writing->len, memory_order_relaxed);
    return len < WINDOW_BODY || pass_on(exchange);
}

static void take(struct exchange *exchange)
{
    struct caching *caching = exchange->caching;
    struct stream *source = exchange->claim.stream;
    bool fine = cache_body_append(caching->writing, &source->in);
    chain_clear(&source->in);
    stream_consumed(source);
    stream_consumed(exchange->up); /* our own reader needs no letter */
    if (fine && makes_room(exchange))
        return;
    stream_abort(source);
    if (caching->writing != NULL)
        end_filling(exchange, CACHE_BODY_BROKEN);
}

/* It passes through, and nobody is there any more who reads it. */
static bool is_in_vain(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    return caching->filling == NULL && (exchange->down->marks & RESET) != 0 &&
           cache_window_is_alone(caching->writing, 1);
}

bool caching_pull(struct exchange *exchange, size_t *moved)
{
    struct caching *caching = exchange->caching;
    struct stream *source = exchange->claim.stream;
    if (caching == NULL || caching->writing == NULL)
        return false;
    if (cache_window_waits(caching->writing, &caching->room))
        return true;
    *moved += source->in.len;
    if (!chain_is_empty(&source->in))
        take(exchange);
    bool cut = (source->marks & RESET) != 0;
    if (caching->writing != NULL && (cut || (source->marks & END_IN) != 0))
        end_filling(exchange, cut ? CACHE_BODY_BROKEN : CACHE_BODY_WHOLE);
    return caching->writing != NULL;
}

bool caching_goes_on(const struct exchange *exchange)
{
    return exchange->caching != NULL && exchange->caching->writing != NULL && !is_in_vain(exchange);
}

void caching_break(struct exchange *exchange)
{
    if (exchange->caching == NULL || exchange->caching->writing == NULL)
        return;
    stream_abort(exchange->claim.stream);
    end_filling(exchange, CACHE_BODY_BROKEN);
}
