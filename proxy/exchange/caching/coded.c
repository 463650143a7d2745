/* SPDX-License-Identifier: Apache-2.0 */
/* Stored answers and the codings that clients take. What a client gets compressed is compressed on the way the first time,
 * and what came out is kept with the body for those who ask next (cache/coded.h). What came compressed is decoded for those
 * who can't. Only where the route compresses. */
#include "cache/coded.h"
#include "cache/decoded.h"
#include "exchange/caching/parts.h"
#include "http/compress_face.h"

/* Keeps what the encoder in front of the client makes. */
struct keeping {
    struct compress_tap tap;
    struct cache_store *store;   /* a reference */
    struct cache_object *object; /* a reference */
    struct cache_body *made;     /* NULL: it is given up */
    enum coding coding;
};

static void took(struct compress_tap *tap, const struct chain *bytes)
{
    struct keeping *keeping = CONTAINER(tap, struct keeping, tap);
    if (keeping->made == NULL || cache_body_append(keeping->made, bytes))
        return;
    cache_body_unref(keeping->made);
    keeping->made = NULL;
}

/* An object that would get too large by it stays as it is, and nobody tries again. */
static bool fits(const struct keeping *keeping)
{
    return caching_size(keeping->object) + keeping->made->taken <= cache_store_max_object(keeping->store);
}

static void ended(struct compress_tap *tap, bool whole)
{
    struct keeping *keeping = CONTAINER(tap, struct keeping, tap);
    if (keeping->made != NULL && whole && fits(keeping)) {
        cache_body_end(keeping->made, CACHE_BODY_WHOLE);
        coded_add(keeping->object->body, keeping->coding, keeping->made);
        (void)cache_store_grow(keeping->store, keeping->object, caching_size(keeping->object));
    } else {
        if (!whole)
            coded_give_up(keeping->object->body, keeping->coding);
        cache_body_unref(keeping->made);
    }
    cache_object_unref(keeping->object);
    cache_store_unref(keeping->store);
}

/* Without memory for it, it is just not kept. */
static void keep(struct exchange *exchange, struct cache_object *object, enum coding coding)
{
    struct keeping *keeping = arena_take_zeroed(exchange->down->arena, sizeof *keeping);
    if (keeping == NULL || !coded_claim(object->body, coding))
        return;
    keeping->tap = (struct compress_tap){.took = took, .ended = ended};
    keeping->store = cache_store_ref(exchange->caching->zone->store);
    keeping->object = cache_object_ref(object);
    keeping->made = cache_body_new(0);
    keeping->coding = coding;
    compress_face_tap(exchange->down, &keeping->tap);
}

static struct stream *read_coded(struct exchange *exchange, struct cache_object *object, enum coding coding)
{
    struct arena *arena = exchange->down->arena;
    struct cache_body *body = coded_find(object->body, coding);
    struct cache_part *part = arena_take_zeroed(arena, sizeof *part);
    const struct cache_reading reading = {body, part, 1};
    if (part == NULL)
        return NULL;
    part->range.count = atomic_load_explicit(&body->len, memory_order_acquire);
    struct stream *stream = cache_reader_new(exchange->lane->loop, arena, cache_object_ref(object), &reading);
    if (stream == NULL)
        return NULL;
    struct head *head = &stream->head_in;
    if (!compress_head(head, coding, arena)) {
        stream_done(stream);
        return NULL;
    }
    head->has_length = true; /* that is known now */
    head->length = part->range.count;
    head->body = BODY_LENGTH;
    return stream;
}

static struct head head_of(const struct cache_object *object)
{
    return (struct head){.status = object->status,
                         .has_length = true,
                         .length = atomic_load_explicit(&object->body->len, memory_order_acquire),
                         .body = BODY_LENGTH,
                         .fields = object->fields};
}

static enum coding coding_for(const struct exchange *exchange, const struct cache_object *object)
{
    const struct head answer = head_of(object);
    if (atomic_load_explicit(&object->body->state, memory_order_acquire) != CACHE_BODY_WHOLE)
        return CODING_IDENTITY;
    return compress_face_coding(exchange->down, &answer);
}

bool caching_decodes(const struct exchange *exchange, const struct cache_object *object, enum coding *coding)
{
    const struct head answer = head_of(object);
    return compress_face_undoes(exchange->down, &answer, coding);
}

static struct stream *read_all(struct exchange *exchange, struct cache_object *object)
{
    return cache_reader_new(exchange->lane->loop, exchange->down->arena, cache_object_ref(object), NULL);
}

/* Also while it still comes. NULL: without memory for a decoder, or when it isn't what it says, which is told by its
 * beginning: then the client gets it as it is, and nobody else does. */
static struct stream *read_decoded(struct exchange *exchange, struct cache_object *object, enum coding coding)
{
    struct stream *source = read_all(exchange, object);
    struct stream *stream = source == NULL ? NULL : cache_decoded_new(exchange->lane->loop, source, coding);
    if (stream == NULL)
        return NULL;
    bool fine = (stream->marks & RESET) == 0;
    if (fine && compress_undo_head(&stream->head_in, exchange->down->arena))
        return stream;
    stream_done(stream);
    if (!fine)
        cache_store_drop(exchange->caching->zone->store, object);
    return NULL;
}

struct stream *caching_whole(struct exchange *exchange, struct cache_object *object)
{
    enum coding coding;
    struct stream *decoded =
        caching_decodes(exchange, object, &coding) ? read_decoded(exchange, object, coding) : NULL;
    if (decoded != NULL)
        return decoded;
    coding = coding_for(exchange, object);
    if (coding != CODING_IDENTITY && coded_find(object->body, coding) != NULL)
        return read_coded(exchange, object, coding);
    if (coding != CODING_IDENTITY && exchange->down->head_in.method == METHOD_GET)
        keep(exchange, object, coding);
    return read_all(exchange, object);
}
