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

static bool copy(struct cache_object *object, const struct field *field)
{
    struct text name = arena_copy(&object->arena, field->name);
    struct text value = arena_copy(&object->arena, field->value);
    return name.at != NULL && value.at != NULL &&
           fields_push(&object->fields, &object->arena, &(struct field){name, value, field->id});
}

bool cache_object_keep_fields(struct cache_object *object, const struct fields *fields)
{
    struct fields kept = {0};
    struct arena scratch;
    arena_init(&scratch, 0);
    bool fine = message_forward_fields(fields, &kept, &scratch, FIELD_BIT(AGE)) &&
                fields_reserve(&object->fields, &object->arena, kept.count);
    for (unsigned i = 0; fine && i < kept.count; i++)
        fine = copy(object, &kept.at[i]);
    arena_clear(&scratch);
    return fine;
}
