/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_read.h"

#include "base/json_string.h"

struct reading {
    struct arena *arena;
    struct text rest;
    const char *problem; /* the first one */
    unsigned depth;
    size_t values;
};

static bool fail(struct reading *reading, const char *problem)
{
    if (reading->problem == NULL)
        reading->problem = problem;
    return false;
}

static void skip_space(struct reading *reading)
{
    struct text *rest = &reading->rest;
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '\0' && strchr(" \t\r\n", rest->at[len]) != NULL)
        len++;
    *rest = text_sub(*rest, len, rest->len - len);
}

/* Takes the byte off the front when it is there. */
static bool take(struct reading *reading, char byte)
{
    struct text *rest = &reading->rest;
    if (rest->len == 0 || rest->at[0] != byte)
        return false;
    *rest = text_sub(*rest, 1, rest->len - 1);
    return true;
}

static bool take_word(struct reading *reading, struct text word)
{
    struct text *rest = &reading->rest;
    if (!text_starts(*rest, word))
        return false;
    *rest = text_sub(*rest, word.len, rest->len - word.len);
    return true;
}

static bool read_value(struct reading *reading, struct json *value);

static struct json *new_value(struct reading *reading)
{
    struct json *value = NULL;
    if (reading->values++ < JSON_VALUES_MAX)
        value = arena_take_zeroed(reading->arena, sizeof *value);
    if (value == NULL)
        fail(reading, "more values than are allowed");
    return value;
}

static bool read_string(struct reading *reading, struct text *out)
{
    const char *problem = json_take_string(reading->arena, &reading->rest, out);
    return problem == NULL || fail(reading, problem);
}

static bool read_key(struct reading *reading, const struct json *object, struct text *key)
{
    if (reading->rest.len == 0 || reading->rest.at[0] != '"')
        return fail(reading, "something else where a key in quotes belongs");
    if (!read_string(reading, key))
        return false;
    for (const struct json *member = object->first; member != NULL; member = member->next)
        if (text_equal(member->key, *key))
            return fail(reading, "a key that is given twice");
    if (object->count == JSON_MEMBERS_MAX)
        return fail(reading, "more keys than are allowed");
    skip_space(reading);
    return take(reading, ':') || fail(reading, "a key without a colon behind it");
}

/* An item of a list, or a key and its value. */
static struct json *read_item(struct reading *reading, struct json *parent)
{
    struct text key = TEXT_NONE;
    skip_space(reading);
    if (parent->kind == JSON_OBJECT && !read_key(reading, parent, &key))
        return NULL;
    struct json *item = new_value(reading);
    if (item == NULL || !read_value(reading, item))
        return NULL;
    item->key = key;
    parent->count++;
    skip_space(reading);
    return item;
}

/* The opening bracket is taken. */
static bool read_items(struct reading *reading, struct json *parent, char closing)
{
    struct json **end = &parent->first;
    skip_space(reading);
    if (take(reading, closing))
        return true;
    do {
        *end = read_item(reading, parent);
        if (*end == NULL)
            return false;
        end = &(*end)->next;
    } while (take(reading, ','));
    return take(reading, closing) || fail(reading, "a list or object that is not closed");
}

static bool read_parent(struct reading *reading, struct json *value)
{
    value->kind = reading->rest.at[0] == '{' ? JSON_OBJECT : JSON_LIST;
    if (++reading->depth > JSON_DEPTH_MAX)
        return fail(reading, "lists or objects too deep in each other");
    take(reading, reading->rest.at[0]);
    bool fine = read_items(reading, value, value->kind == JSON_OBJECT ? '}' : ']');
    reading->depth--;
    return fine;
}

static bool read_single(struct reading *reading, struct json *value)
{
    if (take_word(reading, TEXT("null")))
        return true;
    value->kind = JSON_BOOLEAN;
    value->truth = text_starts(reading->rest, TEXT("true"));
    if (take_word(reading, TEXT("true")) || take_word(reading, TEXT("false")))
        return true;
    value->kind = JSON_NUMBER;
    struct text number;
    if (!json_take_number(&reading->rest, &number))
        return fail(reading, "something that is no JSON value");
    value->text = arena_copy(reading->arena, number);
    return value->text.at != NULL || fail(reading, "more than there is memory for");
}

static bool read_value(struct reading *reading, struct json *value)
{
    skip_space(reading);
    char first = reading->rest.len > 0 ? reading->rest.at[0] : '\0';
    if (first == '{' || first == '[')
        return read_parent(reading, value);
    if (first != '"')
        return read_single(reading, value);
    value->kind = JSON_STRING;
    return read_string(reading, &value->text);
}

const struct json *json_read(struct arena *arena, struct text written, const char **problem)
{
    struct reading reading = {.arena = arena, .rest = written};
    struct json *value = written.len <= JSON_BYTES_MAX ? new_value(&reading) : NULL;
    if (value == NULL)
        fail(&reading, "more bytes than are allowed");
    else if (read_value(&reading, value))
        skip_space(&reading);
    if (reading.problem == NULL && reading.rest.len > 0)
        fail(&reading, "something behind the value");
    *problem = reading.problem;
    return reading.problem == NULL ? value : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *member = object->first; member != NULL; member = member->next)
        if (text_equal(member->key, text_of(key)))
            return member;
    return NULL;
}

struct text json_text(const struct json *value)
{
    return value != NULL && value->kind == JSON_STRING ? value->text : TEXT("");
}

bool json_whole(const struct json *value, uint64_t max, uint64_t *number)
{
    return value != NULL && value->kind == JSON_NUMBER && text_to_number(value->text, max, number);
}
