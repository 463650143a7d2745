/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/nearest.h"
#include "conf/validate.h"

/* The key of a map within this one that is nearest: "path" belongs into "match". */
static const struct key *nearest_below(const struct shape *shape, struct nearest *nearest)
{
    const struct key *best = NULL;
    for (const struct key *key = shape->keys; key->name != NULL; key++) {
        const char *before = nearest->best.at;
        for (const struct key *below = key->shape->kind == SHAPE_MAP ? key->shape->keys : NULL;
             below != NULL && below->name != NULL; below++)
            nearest_offer(nearest, text_of(below->name));
        if (nearest->best.at != before)
            best = key;
    }
    return best;
}

/* The nearest key of this map, unless one within it is nearer. */
static bool suggest(const struct shape *shape, struct text wanted, char *buffer, size_t size)
{
    struct nearest nearest = {.wanted = wanted};
    for (const struct key *key = shape->keys; key->name != NULL; key++)
        nearest_offer(&nearest, text_of(key->name));
    const struct key *above = nearest_below(shape, &nearest);
    if (above != NULL)
        snprintf(buffer, size, "%s: {%.*s: ...}", above->name, TEXT_ARGS(nearest.best));
    else
        snprintf(buffer, size, "%.*s", TEXT_ARGS(nearest.best));
    return nearest.best.at != NULL;
}

static void write_keys(const struct shape *shape, char *buffer, size_t size)
{
    size_t at = 0;
    buffer[0] = '\0';
    for (const struct key *key = shape->keys; key->name != NULL && at < size; key++)
        at += (size_t)snprintf(buffer + at, size - at, "%s%s", at == 0 ? "" : ", ", key->name);
}

/* A key with a colon in it is "token:secret" without the space: what stands behind the colon isn't shown. */
void validate_unknown(struct validation *validation, const struct item *item, const struct shape *shape,
                      const struct step *step)
{
    char keys[300];
    struct text key = text_sub(item->key, 0, text_find(item->key, ':'));
    bool near = suggest(shape, key, keys, sizeof keys);
    if (key.len > 60)
        key.len = 60;
    if (key.len < item->key.len && schema_key(shape, key) != NULL)
        validate_report(validation, item->key_place, step, "a space is missing behind '%.*s:'",
                        TEXT_ARGS(key));
    else if (near)
        validate_report(validation, item->key_place, step, "unknown key '%.*s'; did you mean '%s'?",
                        TEXT_ARGS(key), keys);
    else {
        write_keys(shape, keys, sizeof keys);
        validate_report(validation, item->key_place, step, "unknown key '%.*s'; there are %s", TEXT_ARGS(key),
                        keys);
    }
}
