/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/json_schema_parts.h"

#include <stdio.h>

/* Any single value may come from the environment. */
#define ENVIRONMENT "\\$\\{"

static void write_pattern(struct json_writer *json, const char *pattern)
{
    char whole[300];
    snprintf(whole, sizeof whole, "%s|" ENVIRONMENT, pattern);
    json_name(json, "pattern");
    json_string(json, whole);
}

void json_schema_types(struct json_writer *json, const char *const *types)
{
    json_name(json, "type");
    json_open(json, '[');
    for (; *types != NULL; types++)
        json_string(json, *types);
    json_close(json, ']');
}

static bool is_number(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789.")] == '\0';
}

/* YAML tools take an unquoted 1.2 for a number and off for false: those are meant too. */
static void write_words(struct json_writer *json, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        json_string(json, *words);
        if (is_number(*words))
            json_raw(json, *words);
        if (strcmp(*words, "off") == 0)
            json_raw(json, "false");
    }
}

static void write_environment(struct json_writer *json)
{
    json_open(json, '{');
    json_name(json, "type");
    json_string(json, "string");
    json_name(json, "pattern");
    json_string(json, ENVIRONMENT);
    json_close(json, '}');
}

/* One of the words, or a value from the environment. */
static void write_enum(struct json_writer *json, const struct shape *shape)
{
    json_name(json, "anyOf");
    json_open(json, '[');
    json_open(json, '{');
    json_name(json, "enum");
    json_open(json, '[');
    write_words(json, shape->words);
    write_words(json, shape->later);
    if (shape->kind == SHAPE_SWITCH) {
        static const char *const switches[] = {"on", "off", "yes", "no", "true", NULL};
        write_words(json, switches);
        json_string(json, "false");
        json_raw(json, "true");
    }
    json_close(json, ']');
    json_close(json, '}');
    write_environment(json);
    json_close(json, ']');
}

void json_schema_bound(struct json_writer *json, const char *name, uint64_t number)
{
    json_name(json, name);
    json_number(json, number);
}

static void write_integer(struct json_writer *json, const struct shape *shape)
{
    static const char *const types[] = {"integer", "string", NULL};
    char pattern[100];
    snprintf(pattern, sizeof pattern, shape->words == NULL ? "^[0-9]+$" : "^([0-9]+|%s)$",
             shape->words == NULL ? "" : shape->words[0]);
    json_schema_types(json, types);
    json_schema_bound(json, "minimum", shape->min);
    if (shape->max > 0)
        json_schema_bound(json, "maximum", shape->max);
    write_pattern(json, pattern);
}

/* A number with a unit; as a bare integer only up to max. */
static void write_measure(struct json_writer *json, const char *pattern, uint64_t max)
{
    static const char *const types[] = {"string", "integer", NULL};
    json_schema_types(json, types);
    json_schema_bound(json, "minimum", 0);
    if (max < UINT64_MAX)
        json_schema_bound(json, "maximum", max);
    write_pattern(json, pattern);
}

static void write_string(struct json_writer *json, const struct shape *shape)
{
    static const char *const types[] = {"string", "number", "boolean", NULL};
    static const char *const types_or_nothing[] = {"string", "number", "boolean", "null", NULL};
    bool may_be_empty = shape->form == NULL || shape->form(TEXT("")) == NULL;
    json_schema_types(json, may_be_empty ? types_or_nothing : types);
    if (shape->pattern != NULL)
        write_pattern(json, shape->pattern);
}

static void write_duration(struct json_writer *json, const struct shape *shape)
{
    bool only_measured = shape->words == NULL;
    write_measure(json, only_measured ? "^([0-9]+(ms|s|m|h|d)|0)$" : "^([0-9]+(ms|s|m|h|d)|0|ttl)$", 0);
}

void json_schema_scalar(struct json_writer *json, const struct shape *shape)
{
    switch (shape->kind) {
    case SHAPE_SWITCH:
    case SHAPE_WORD:
        write_enum(json, shape);
        break;
    case SHAPE_INTEGER:
        write_integer(json, shape);
        break;
    case SHAPE_DURATION:
        write_duration(json, shape);
        break;
    case SHAPE_SIZE:
        write_measure(json, "^[0-9]+[kmgKMG]?$", UINT64_MAX);
        break;
    case SHAPE_RATE:
        write_measure(json, "^[0-9]+/[smhSMH]$", 0);
        break;
    case SHAPE_PERCENT:
        write_measure(json, "^[0-9]{1,3}%$", 0);
        break;
    default:
        write_string(json, shape);
    }
}

void json_schema_default(struct json_writer *json, const struct key *key)
{
    if (key->fallback == NULL || key->fallback[0] == '\0')
        return;
    json_name(json, "default");
    bool is_switch = key->shape->kind == SHAPE_SWITCH;
    bool raw = key->fallback[0] == '{' || key->fallback[0] == '[';
    if (is_switch)
        json_raw(json, strcmp(key->fallback, "on") == 0 ? "true" : "false");
    else if (raw || (key->shape->kind == SHAPE_INTEGER && is_number(key->fallback)))
        json_raw(json, key->fallback);
    else
        json_string(json, key->fallback);
}
