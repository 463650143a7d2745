/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/schema.h"

#include "conf/value.h"

const struct key *schema_key(const struct shape *map, struct text name)
{
    for (const struct key *key = map->keys; key != NULL && key->name != NULL; key++)
        if (text_equal(text_of(key->name), name))
            return key;
    return NULL;
}

int schema_word(const char *const *words, struct text written)
{
    for (int i = 0; words != NULL && words[i] != NULL; i++)
        if (text_equal(text_of(words[i]), written))
            return i;
    return -1;
}

bool schema_is_later_word(const struct shape *shape, struct text written)
{
    return schema_word(shape->later, written) >= 0;
}

static const char *read_word(const struct shape *shape, struct text written, uint64_t *value)
{
    int now = schema_word(shape->words, written), later = schema_word(shape->later, written);
    if (now < 0 && later < 0)
        return "another word";
    *value = (uint64_t)(now >= 0 ? now : later);
    return NULL;
}

static const char *read_kind(const struct shape *shape, struct text written, uint64_t *value)
{
    switch (shape->kind) {
    case SHAPE_SWITCH:
        return value_switch(written, value);
    case SHAPE_INTEGER:
        return value_integer(written, value);
    case SHAPE_DURATION:
        return value_duration(written, value);
    case SHAPE_SIZE:
        return value_size(written, value);
    case SHAPE_RATE:
        return value_rate(written, value);
    case SHAPE_PERCENT:
        return value_percent(written, value);
    case SHAPE_WORD:
        return read_word(shape, written, value);
    default:
        *value = 0;
        return shape->form == NULL ? NULL : shape->form(written);
    }
}

static bool is_number(enum shape_kind kind)
{
    return kind == SHAPE_INTEGER || kind == SHAPE_DURATION || kind == SHAPE_SIZE;
}

const char *schema_read(const struct shape *shape, struct text written, uint64_t *value)
{
    *value = 0;
    if (shape->kind != SHAPE_WORD && schema_word(shape->words, written) >= 0)
        return NULL;
    const char *wanted = read_kind(shape, written, value);
    if (wanted != NULL || !is_number(shape->kind) || shape->max == 0)
        return wanted;
    return *value < shape->min || *value > shape->max ? "a number in range" : NULL;
}
