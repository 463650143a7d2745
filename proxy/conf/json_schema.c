/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/json_schema.h"

#include "conf/json_schema_parts.h"

static void write_shape(struct json_writer *json, const struct shape *shape);
static void write_rules(struct json_writer *json, const struct shape *shape);

/* A map or list that is empty may be left out behind its key. */
static void write_collection(struct json_writer *json, const char *type, bool may_be_nothing)
{
    const char *const types[] = {type, "null", NULL};
    if (may_be_nothing) {
        json_schema_types(json, types);
        return;
    }
    json_name(json, "type");
    json_string(json, type);
}

static void write_array(struct json_writer *json, const struct shape *shape)
{
    write_collection(json, "array", shape->min == 0);
    if (shape->min > 0)
        json_schema_bound(json, "minItems", shape->min);
    json_name(json, "items");
    write_shape(json, shape->item);
}

static void write_list(struct json_writer *json, const struct shape *shape)
{
    if (!shape->one) {
        write_array(json, shape);
        return;
    }
    json_name(json, "anyOf");
    json_open(json, '[');
    write_shape(json, shape->item);
    json_open(json, '{');
    write_array(json, shape);
    json_close(json, '}');
    json_close(json, ']');
}

static void write_named(struct json_writer *json, const struct shape *shape)
{
    write_collection(json, "object", shape->min == 0);
    if (shape->min > 0)
        json_schema_bound(json, "minProperties", shape->min);
    if (shape->pattern != NULL) {
        json_name(json, "propertyNames");
        json_open(json, '{');
        json_name(json, "pattern");
        json_string(json, shape->pattern);
        json_close(json, '}');
    }
    json_name(json, "additionalProperties");
    write_shape(json, shape->item);
}

static void write_key(struct json_writer *json, const struct key *key)
{
    char help[300];
    snprintf(help, sizeof help, "%s%s", key->help, key->state == KEY_LATER ? " (not in this build yet)" : "");
    json_name(json, key->name);
    json_open(json, '{');
    json_name(json, "description");
    json_string(json, help);
    json_schema_default(json, key);
    write_rules(json, key->shape);
    json_close(json, '}');
}

static size_t count_required(const struct shape *shape)
{
    size_t count = 0;
    for (const struct key *key = shape->keys; key->name != NULL; key++)
        count += key->state == KEY_REQUIRED;
    return count;
}

static void write_required(struct json_writer *json, const struct shape *shape)
{
    if (count_required(shape) == 0)
        return;
    json_name(json, "required");
    json_open(json, '[');
    for (const struct key *key = shape->keys; key->name != NULL; key++)
        if (key->state == KEY_REQUIRED)
            json_string(json, key->name);
    json_close(json, ']');
}

static void write_requires(struct json_writer *json, const char *key)
{
    json_open(json, '{');
    json_name(json, "required");
    json_open(json, '[');
    json_string(json, key);
    json_close(json, ']');
    json_close(json, '}');
}

/* "At most one" is "exactly one, or none of them". */
static void write_choice(struct json_writer *json, const struct choice *choice)
{
    bool may_be_none = choice->kind == CHOICE_AT_MOST_ONE;
    json_name(json, choice->kind == CHOICE_AT_LEAST_ONE ? "anyOf" : "oneOf");
    json_open(json, '[');
    for (size_t i = 0; choice->keys[i] != NULL; i++)
        write_requires(json, choice->keys[i]);
    if (may_be_none) {
        json_open(json, '{');
        json_name(json, "not");
        json_open(json, '{');
        json_name(json, "anyOf");
        json_open(json, '[');
        for (size_t i = 0; choice->keys[i] != NULL; i++)
            write_requires(json, choice->keys[i]);
        json_close(json, ']');
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_object(struct json_writer *json, const struct shape *shape)
{
    write_collection(json, "object", count_required(shape) == 0 && shape->choices == NULL);
    json_name(json, "additionalProperties");
    json_raw(json, "false");
    write_required(json, shape);
    for (const struct choice *choice = shape->choices; choice != NULL && choice->keys != NULL; choice++)
        write_choice(json, choice);
    json_name(json, "properties");
    json_open(json, '{');
    for (const struct key *key = shape->keys; key->name != NULL; key++)
        write_key(json, key);
    json_close(json, '}');
}

static void write_map(struct json_writer *json, const struct shape *shape)
{
    if (shape->shorthand == NULL) {
        write_object(json, shape);
        return;
    }
    json_name(json, "anyOf");
    json_open(json, '[');
    write_shape(json, schema_key(shape, text_of(shape->shorthand))->shape);
    json_open(json, '{');
    write_object(json, shape);
    json_close(json, '}');
    json_close(json, ']');
}

static void write_rules(struct json_writer *json, const struct shape *shape)
{
    switch (shape->kind) {
    case SHAPE_LIST:
        write_list(json, shape);
        break;
    case SHAPE_MAP:
        write_map(json, shape);
        break;
    case SHAPE_NAMED:
        write_named(json, shape);
        break;
    case SHAPE_ANY:
        break;
    default:
        json_schema_scalar(json, shape);
    }
}

static void write_shape(struct json_writer *json, const struct shape *shape)
{
    json_open(json, '{');
    write_rules(json, shape);
    json_close(json, '}');
}

void config_print_schema(FILE *out)
{
    struct buffer buffer = BUFFER_EMPTY;
    struct json_writer json = {.out = &buffer};
    json_open(&json, '{');
    json_name(&json, "$schema");
    json_string(&json, "https://json-schema.org/draft/2020-12/schema");
    json_name(&json, "title");
    json_string(&json, "Configuration of weir");
    write_rules(&json, &schema_root);
    json_close(&json, '}');
    buffer_byte(&buffer, '\n');
    fwrite(buffer.at, 1, buffer.len, out);
    buffer_clear(&buffer);
}
