/* SPDX-License-Identifier: Apache-2.0 */
#include "http/fields.h"

enum { FIELDS_FIRST_ROOM = 8 };

static const struct text names[FIELD_ID_COUNT] = {
#define F(id, name) [FIELD_##id] = {(name), sizeof(name) - 1},
    FIELD_TABLE(F)
#undef F
};

/* The table is sorted by length; this is where each length begins. */
static enum field_id first_of_length(size_t len)
{
    static const unsigned char first[] = {[2] = FIELD_TE,
                                          [3] = FIELD_AGE,
                                          [4] = FIELD_DATE,
                                          [5] = FIELD_RANGE,
                                          [6] = FIELD_ACCEPT,
                                          [7] = FIELD_EXPIRES,
                                          [8] = FIELD_IF_RANGE,
                                          [9] = FIELD_CACHE_TAG,
                                          [10] = FIELD_CONNECTION,
                                          [11] = FIELD_TRACEPARENT,
                                          [12] = FIELD_CONTENT_TYPE,
                                          [13] = FIELD_ACCEPT_RANGES,
                                          [14] = FIELD_CONTENT_LENGTH,
                                          [15] = FIELD_ACCEPT_ENCODING,
                                          [16] = FIELD_CONTENT_ENCODING,
                                          [17] = FIELD_CDN_CACHE_CONTROL,
                                          [18] = FIELD_X_FORWARDED_PREFIX};
    return len < sizeof first ? first[len] : FIELD_OTHER;
}

enum field_id field_id_of(struct text name)
{
    enum field_id id = first_of_length(name.len);
    if (id == FIELD_OTHER)
        return FIELD_OTHER;
    for (; id < FIELD_ID_COUNT && names[id].len == name.len; id++)
        if (ascii_lower(name.at[0]) == names[id].at[0] && text_equal_nocase(name, names[id]))
            return id;
    return FIELD_OTHER;
}

static bool make_room(struct fields *fields, struct arena *arena, unsigned room)
{
    struct field *at = arena_take(arena, room * sizeof *at);
    if (at == NULL)
        return false;
    if (fields->count > 0)
        memcpy(at, fields->at, fields->count * sizeof *at);
    fields->at = at;
    fields->room = room;
    return true;
}

bool fields_reserve(struct fields *fields, struct arena *arena, unsigned room)
{
    return fields->room >= room || make_room(fields, arena, room);
}

bool fields_push(struct fields *fields, struct arena *arena, const struct field *field)
{
    unsigned more = fields->room == 0 ? FIELDS_FIRST_ROOM : fields->room * 2;
    if (fields->count == fields->room && !make_room(fields, arena, more))
        return false;
    fields->at[fields->count++] = *field;
    fields->present |= 1ull << field->id;
    return true;
}

bool fields_add(struct fields *fields, struct arena *arena, struct text name, struct text value)
{
    return fields_push(fields, arena, &(struct field){name, value, field_id_of(name)});
}

/* The written form of the names that weir itself adds. */
static const struct text written[FIELD_ID_COUNT] = {
    [FIELD_VIA] = {"Via", 3},
    [FIELD_DATE] = {"Date", 4},
    [FIELD_HOST] = {"Host", 4},
    [FIELD_EXPECT] = {"Expect", 6},
    [FIELD_SERVER] = {"Server", 6},
    [FIELD_UPGRADE] = {"Upgrade", 7},
    [FIELD_LOCATION] = {"Location", 8},
    [FIELD_FORWARDED] = {"Forwarded", 9},
    [FIELD_EARLY_DATA] = {"Early-Data", 10},
    [FIELD_CONTENT_TYPE] = {"Content-Type", 12},
    [FIELD_X_REQUEST_ID] = {"X-Request-Id", 12},
    [FIELD_X_FORWARDED_FOR] = {"X-Forwarded-For", 15},
    [FIELD_X_FORWARDED_HOST] = {"X-Forwarded-Host", 16},
    [FIELD_X_FORWARDED_PROTO] = {"X-Forwarded-Proto", 17},
    [FIELD_X_FORWARDED_PREFIX] = {"X-Forwarded-Prefix", 18},
};

bool fields_copy(struct fields *fields, struct arena *arena, const struct fields *from)
{
    if (!fields_reserve(fields, arena, fields->count + from->count))
        return false;
    for (unsigned i = 0; i < from->count; i++) {
        const struct field *field = &from->at[i];
        const struct field copy = {arena_copy(arena, field->name), arena_copy(arena, field->value),
                                   field->id};
        if (copy.name.at == NULL || copy.value.at == NULL || !fields_push(fields, arena, &copy))
            return false;
    }
    return true;
}

bool fields_add_known(struct fields *fields, struct arena *arena, enum field_id id, struct text value)
{
    struct text name = written[id].len > 0 ? written[id] : names[id];
    return fields_push(fields, arena, &(struct field){name, value, id});
}

const struct field *fields_find(const struct fields *fields, enum field_id id)
{
    if (!fields_have(fields, id))
        return NULL;
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == id)
            return &fields->at[i];
    return NULL;
}

const struct field *fields_find_name(const struct fields *fields, struct text name)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (text_equal_nocase(fields->at[i].name, name))
            return &fields->at[i];
    return NULL;
}

unsigned fields_count(const struct fields *fields, enum field_id id)
{
    unsigned count = 0;
    if (!fields_have(fields, id))
        return 0;
    for (unsigned i = 0; i < fields->count; i++)
        count += fields->at[i].id == id;
    return count;
}

void fields_remove(struct fields *fields, enum field_id id, struct text name)
{
    unsigned kept = 0;
    if (id != FIELD_OTHER && !fields_have(fields, id))
        return;
    for (unsigned i = 0; i < fields->count; i++) {
        const struct field *field = &fields->at[i];
        if (field->id != id || (id == FIELD_OTHER && !text_equal_nocase(field->name, name)))
            fields->at[kept++] = *field;
    }
    fields->count = kept;
    if (id != FIELD_OTHER)
        fields->present &= ~(1ull << id);
}

static bool join(struct arena *arena, struct text *list, struct text value)
{
    if (list->len > 0 && !arena_append(arena, list, ", ", 2))
        return false;
    return arena_append(arena, list, value.at, value.len);
}

struct text fields_join(const struct fields *fields, enum field_id id, struct text last, struct arena *arena)
{
    struct text list = {"", 0};
    if (!fields_have(fields, id))
        return last;
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == id && fields->at[i].value.len > 0 && !join(arena, &list, fields->at[i].value))
            return TEXT_NONE;
    if (last.len > 0 && !join(arena, &list, last))
        return TEXT_NONE;
    return list;
}

struct text fields_join_name(const struct fields *fields, struct text name, struct arena *arena)
{
    struct text list = {"", 0};
    for (unsigned i = 0; i < fields->count; i++)
        if (text_equal_nocase(fields->at[i].name, name) && !join(arena, &list, fields->at[i].value))
            return TEXT_NONE;
    return list;
}

static bool list_has(struct text list, struct text token)
{
    for (struct text element; text_list_next(&list, &element);)
        if (text_equal_nocase(element, token))
            return true;
    return false;
}

bool fields_list_has(const struct fields *fields, enum field_id id, struct text token)
{
    if (!fields_have(fields, id))
        return false;
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == id && list_has(fields->at[i].value, token))
            return true;
    return false;
}

/* tchar of RFC 9110 section 5.6.2: a bit for each byte. */
static const uint64_t tchars[4] = {0x03ff6cfa00000000, 0x57ffffffc7fffffe};

bool text_is_token(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if ((tchars[c / 64] >> c % 64 & 1) == 0)
            return false;
    }
    return t.len > 0;
}

bool text_is_field_value(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}
