/* SPDX-License-Identifier: Apache-2.0 */
#include "http/cookie.h"

static struct text unquote(struct text value)
{
    bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';
    return quoted ? text_sub(value, 1, value.len - 2) : value;
}

static bool find_in(struct text list, struct text name, struct text *value)
{
    for (struct text pair; text_split(&list, ';', &pair);) {
        size_t equals = text_find(pair, '=');
        if (equals == pair.len || !text_equal(text_trim(text_sub(pair, 0, equals)), name))
            continue;
        *value = unquote(text_trim(text_sub(pair, equals + 1, pair.len - equals - 1)));
        return true;
    }
    return false;
}

bool cookie_find(const struct fields *fields, struct text name, struct text *value)
{
    if (!fields_have(fields, FIELD_COOKIE))
        return false;
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == FIELD_COOKIE && find_in(fields->at[i].value, name, value))
            return true;
    return false;
}

static bool append_in(struct text list, struct text name, struct text *out, struct arena *arena)
{
    for (struct text pair; text_split(&list, ';', &pair);) {
        size_t equals = text_find(pair, '=');
        if (!text_equal(text_trim(text_sub(pair, 0, equals)), name))
            continue;
        if (!arena_append(arena, out, ";", 1) ||
            !arena_append(arena, out, pair.at + equals, pair.len - equals))
            return false;
    }
    return true;
}

bool cookie_append_all(const struct fields *fields, struct text name, struct text *out, struct arena *arena)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == FIELD_COOKIE && !append_in(fields->at[i].value, name, out, arena))
            return false;
    return true;
}
