/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/object.h"

#include <stdlib.h>

#include "base/panic.h"
#include "http/message.h"

struct cache_object *cache_object_new(struct text key, uint64_t hash, struct cache_body *body)
{
    struct cache_object *object = calloc(1, sizeof *object);
    if (object == NULL) {
        cache_body_unref(body);
        return NULL;
    }
    object->magic = CACHE_OBJECT_MAGIC;
    atomic_init(&object->refs, 1);
    arena_init(&object->arena, 0);
    object->hash = hash;
    object->body = body;
    object->key = arena_copy(&object->arena, key);
    if (object->key.at != NULL)
        return object;
    cache_object_unref(object);
    return NULL;
}

struct cache_object *cache_object_ref(struct cache_object *object)
{
    CHECK(object, CACHE_OBJECT_MAGIC);
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return object;
}

void cache_object_unref(struct cache_object *object)
{
    if (object == NULL || atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1)
        return;
    cache_body_unref(object->body);
    arena_clear(&object->arena);
    object->magic = 0;
    free(object);
}

bool cache_object_is_busy(const struct cache_object *object)
{
    return atomic_load_explicit(&object->refs, memory_order_acquire) > 1 || cache_body_is_busy(object->body);
}

struct freshness cache_object_freshness(const struct cache_object *object)
{
    struct freshness freshness = object->freshness;
    int64_t since = atomic_load_explicit(&object->stale_since, memory_order_relaxed);
    int64_t age = freshness_age(&freshness, since);
    if (since != 0 && age < freshness.lifetime)
        freshness.lifetime = age;
    return freshness;
}

static struct text put(char **at, struct text text)
{
    struct text put = {*at, text.len};
    if (text.len > 0)
        memcpy(*at, text.at, text.len);
    *at += text.len;
    return put;
}

/* One block, so that a reader copies them at once. */
static bool copy_all(struct cache_object *object, const struct fields *fields)
{
    size_t len = 0;
    for (unsigned i = 0; i < fields->count; i++)
        len += fields->at[i].name.len + fields->at[i].value.len;
    char *at = arena_take(&object->arena, len + 1);
    if (at == NULL || !fields_reserve(&object->fields, &object->arena, fields->count))
        return false;
    object->block = (struct text){at, len};
    for (unsigned i = 0; i < fields->count; i++) {
        const struct field *field = &fields->at[i];
        struct field kept = {put(&at, field->name), put(&at, field->value), field->id};
        if (!fields_push(&object->fields, &object->arena, &kept))
            return false;
    }
    return true;
}

bool cache_object_keep_fields(struct cache_object *object, const struct fields *fields)
{
    struct fields kept = {0};
    struct arena scratch;
    arena_init(&scratch, 0);
    bool fine = message_forward_fields(fields, &kept, &scratch, FIELD_BIT(AGE)) && copy_all(object, &kept);
    arena_clear(&scratch);
    return fine;
}
