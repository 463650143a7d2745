/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a stored answer: one range, several as multipart/byteranges (RFC 9110 sections 14.6, 15.3.7), or none. */
#include "exchange/caching/parts.h"
#include "http/date.h"

/* It may have been changed again within the second that it names (RFC 9110 section 8.8.2.2). */
static bool is_strong(const struct field *modified, const struct fields *fields)
{
    const struct field *date = fields_find(fields, FIELD_DATE);
    int64_t then, sent, now = caching_now();
    return date != NULL && http_date_read(modified->value, now, &then) &&
           http_date_read(date->value, now, &sent) && sent > then;
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
    return modified != NULL && text_equal(wanted->value, modified->value) &&
           is_strong(modified, &object->fields);
}

bool caching_wants_range(const struct exchange *exchange, const struct cache_object *object,
                         struct byte_ranges *ranges)
{
    const struct head *head = &exchange->down->head_in;
    const struct field *field = fields_find(&head->fields, FIELD_RANGE);
    bool whole = atomic_load_explicit(&object->body->state, memory_order_acquire) == CACHE_BODY_WHOLE;
    uint64_t length = atomic_load_explicit(&object->body->len, memory_order_acquire);
    enum coding coding;
    return field != NULL && !caching_decodes(exchange, object, &coding) && head->method == METHOD_GET &&
           object->status == 200 && whole && is_for_this(&head->fields, object) &&
           ranges_read(field->value, length, ranges);
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

/* What is common to the parts of one answer. */
struct parts {
    struct arena *arena;
    uint64_t length;   /* of the whole body */
    struct text type;  /* empty: nobody knows */
    uint64_t boundary; /* by chance: nobody can have put it into the body */
};

static struct text range_text(const struct parts *parts, const struct byte_range *range)
{
    return arena_format(parts->arena, "bytes %llu-%llu/%llu", (unsigned long long)range->first,
                        (unsigned long long)(range->first + range->count - 1),
                        (unsigned long long)parts->length);
}

/* The delimiter and head of a part. */
static struct text before_part(const struct parts *parts, const struct byte_range *range, bool first)
{
    return arena_format(parts->arena, "%s--weir-%016llx\r\n%s%.*s%sContent-Range: %.*s\r\n\r\n",
                        first ? "" : "\r\n", (unsigned long long)parts->boundary,
                        parts->type.len > 0 ? "Content-Type: " : "", TEXT_ARGS(parts->type),
                        parts->type.len > 0 ? "\r\n" : "", TEXT_ARGS(range_text(parts, range)));
}

/* A single one as it is; of several, one more than there are ranges: the end. NULL when out of memory. */
static struct cache_part *list_parts(const struct parts *parts, const struct byte_ranges *ranges)
{
    struct cache_part *list = arena_take_zeroed(parts->arena, (ranges->count + 1) * sizeof *list);
    if (list == NULL)
        return NULL;
    list->range = ranges->at[0];
    if (ranges->count == 1)
        return list;
    for (size_t i = 0; i < ranges->count; i++) {
        list[i] = (struct cache_part){before_part(parts, &ranges->at[i], i == 0), ranges->at[i]};
        if (list[i].before.at == NULL)
            return NULL;
    }
    struct cache_part *last = &list[ranges->count];
    last->before =
        arena_format(parts->arena, "\r\n--weir-%016llx--\r\n", (unsigned long long)parts->boundary);
    return last->before.at == NULL ? NULL : list;
}

static bool mark_multipart(struct fields *fields, const struct parts *parts)
{
    struct text type = arena_format(parts->arena, "multipart/byteranges; boundary=weir-%016llx",
                                    (unsigned long long)parts->boundary);
    fields_remove(fields, FIELD_CONTENT_TYPE, TEXT("Content-Type"));
    return type.at != NULL && fields_add_known(fields, parts->arena, FIELD_CONTENT_TYPE, type);
}

static bool mark_single(struct fields *fields, const struct parts *parts, const struct byte_range *range)
{
    struct text told = range_text(parts, range);
    return told.at != NULL && fields_add_known(fields, parts->arena, FIELD_CONTENT_RANGE, told);
}

static struct stream *read_parts(struct exchange *exchange, struct cache_object *object,
                                 const struct byte_ranges *ranges)
{
    const struct field *type = fields_find(&object->fields, FIELD_CONTENT_TYPE);
    const struct parts parts = {exchange->down->arena,
                                atomic_load_explicit(&object->body->len, memory_order_acquire),
                                type == NULL ? TEXT("") : type->value, lane_random(exchange->lane)};
    const struct cache_part *list = list_parts(&parts, ranges);
    bool several = ranges->count > 1;
    const struct cache_reading reading = {object->body, list, several ? ranges->count + 1 : 1};
    if (list == NULL)
        return NULL;
    struct stream *stream =
        cache_reader_new(exchange->lane->loop, parts.arena, cache_object_ref(object), &reading);
    if (stream == NULL)
        return NULL;
    struct fields *fields = &stream->head_in.fields;
    stream->head_in.status = 206;
    fields_remove(fields, FIELD_CONTENT_RANGE, TEXT("Content-Range"));
    if (several ? mark_multipart(fields, &parts) : mark_single(fields, &parts, &ranges->at[0]))
        return stream;
    stream_done(stream);
    return NULL;
}

struct stream *caching_range(struct exchange *exchange, struct cache_object *object,
                             const struct byte_ranges *ranges)
{
    if (ranges->count > 0)
        return read_parts(exchange, object, ranges);
    return unsatisfiable(exchange, atomic_load_explicit(&object->body->len, memory_order_acquire));
}
