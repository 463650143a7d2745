/* SPDX-License-Identifier: Apache-2.0 */
/* How a stored answer is given: whole, in part, or not at all because the client has it. */
#include "exchange/caching/parts.h"

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
        if ((told & 1ull << field->id) == 0)
            continue;
        const struct field copy = {arena_copy(reply->arena, field->name),
                                   arena_copy(reply->arena, field->value), field->id};
        if (copy.name.at == NULL || copy.value.at == NULL ||
            !fields_push(&reply->head_in.fields, reply->arena, &copy))
            return NULL;
    }
    reply_finish(reply, TEXT_NONE);
    return reply;
}

/* The answer to HEAD has no body to wait for. */
static void end_at_head(struct stream *up)
{
    chain_clear(&up->in);
    up->marks |= END_IN;
}

bool caching_serve(struct exchange *exchange, struct cache_object *object)
{
    struct caching *caching = exchange->caching;
    struct byte_ranges ranges;
    cache_object_unref(caching->served);
    caching->served = object;
    if (object->status == 200 &&
        policy_client_has_it(&exchange->down->head_in.fields, &object->fields, object->freshness.answered))
        exchange->up = not_modified(exchange, object);
    else if (caching_wants_range(exchange, object, &ranges))
        exchange->up = caching_range(exchange, object, &ranges);
    else
        exchange->up = caching_whole(exchange, object);
    if (exchange->up != NULL && exchange->down->head_in.method == METHOD_HEAD)
        end_at_head(exchange->up);
    if (exchange->up != NULL)
        stream_follow(exchange->up, &exchange->lane->loop->ready, &exchange->task);
    return exchange->up != NULL;
}
