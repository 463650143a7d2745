/* SPDX-License-Identifier: Apache-2.0 */
/* How a stored answer is given: whole, in part, or not at all because the client has it. */
#include "exchange/caching_parts.h"

/* RFC 9110 section 15.4.5: what a 304 tells. */
static struct stream *not_modified(struct exchange *exchange, const struct cache_object *object)
{
    static const uint64_t told = FIELD_BIT(CACHE_CONTROL) | FIELD_BIT(CONTENT_LOCATION) | FIELD_BIT(DATE) |
                                 FIELD_BIT(ETAG) | FIELD_BIT(EXPIRES) | FIELD_BIT(VARY) |
                                 FIELD_BIT(LAST_MODIFIED) | FIELD_BIT(CDN_CACHE_CONTROL);
    struct stream *reply = reply_new(exchange, 304);
    if (reply == NULL)
        return NULL;
    for (unsigned i = 0; i < object->fields.count; i++) {
        const struct field *field = &object->fields.at[i];
        struct text value = arena_copy(reply->arena, field->value);
        struct text name = arena_copy(reply->arena, field->name);
        if ((told & 1ull << field->id) != 0 &&
            !fields_push(&reply->head_in.fields, reply->arena, &(struct field){name, value, field->id}))
            return NULL;
    }
    reply_finish(reply, TEXT_NONE);
    return reply;
}

/* If-Range (RFC 9110 section 13.1.5): a strong validator, or the range isn't for this one. */
static bool is_for_this(const struct fields *request, const struct cache_object *object)
{
    const struct field *wanted = fields_find(request, FIELD_IF_RANGE);
    const struct field *etag = fields_find(&object->fields, FIELD_ETAG);
    const struct field *modified = fields_find(&object->fields, FIELD_LAST_MODIFIED);
    if (wanted == NULL)
        return true;
    if (text_starts(wanted->value, TEXT("\"")) || text_starts(wanted->value, TEXT("W/")))
        return etag != NULL && etag_equal_strong(wanted->value, etag->value);
    return modified != NULL && text_equal(wanted->value, modified->value);
}

static bool wants_range(const struct exchange *exchange, const struct cache_object *object,
                        struct byte_range *range)
{
    const struct head *head = &exchange->down->head_in;
    const struct field *field = fields_find(&head->fields, FIELD_RANGE);
    bool whole = atomic_load_explicit(&object->body->state, memory_order_acquire) == CACHE_BODY_WHOLE;
    uint64_t length = atomic_load_explicit(&object->body->len, memory_order_acquire);
    return field != NULL && head->method == METHOD_GET && object->status == 200 && whole &&
           is_for_this(&head->fields, object) && range_read(field->value, length, range);
}

static struct stream *unsatisfiable(struct exchange *exchange, uint64_t length)
{
    struct stream *reply = reply_new(exchange, 416);
    struct text range = arena_format(exchange->down->arena, "bytes */%llu", (unsigned long long)length);
    if (reply == NULL || range.at == NULL ||
        !fields_add_known(&reply->head_in.fields, reply->arena, FIELD_CONTENT_RANGE, range))
        return NULL;
    reply_finish(reply, TEXT_NONE);
    return reply;
}

static bool mark_partial(struct stream *stream, const struct byte_range *range, uint64_t length)
{
    struct text told =
        arena_format(stream->arena, "bytes %llu-%llu/%llu", (unsigned long long)range->first,
                     (unsigned long long)(range->first + range->count - 1), (unsigned long long)length);
    stream->head_in.status = 206;
    return told.at != NULL &&
           fields_add_known(&stream->head_in.fields, stream->arena, FIELD_CONTENT_RANGE, told);
}

static struct stream *part_of(struct exchange *exchange, struct cache_object *object,
                              const struct byte_range *range)
{
    uint64_t length = atomic_load_explicit(&object->body->len, memory_order_acquire);
    if (range->count == 0)
        return unsatisfiable(exchange, length);
    struct stream *stream =
        cache_reader_new(exchange->lane->loop, exchange->down->arena, cache_object_ref(object), range);
    if (stream != NULL && mark_partial(stream, range, length))
        return stream;
    if (stream != NULL)
        stream_done(stream);
    return NULL;
}

bool caching_serve(struct exchange *exchange, struct cache_object *object)
{
    struct caching *caching = exchange->caching;
    struct byte_range range;
    cache_object_unref(caching->served);
    caching->served = object;
    if (object->status == 200 &&
        policy_client_has_it(&exchange->down->head_in.fields, &object->fields, object->freshness.answered))
        exchange->up = not_modified(exchange, object);
    else if (wants_range(exchange, object, &range))
        exchange->up = part_of(exchange, object, &range);
    else
        exchange->up =
            cache_reader_new(exchange->lane->loop, exchange->down->arena, cache_object_ref(object), NULL);
    if (exchange->up != NULL)
        stream_follow(exchange->up, &exchange->lane->loop->ready, &exchange->task);
    return exchange->up != NULL;
}
