/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/json_writer.h"

static void new_line(struct json_writer *json)
{
    buffer_byte(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        buffer_add(json->out, TEXT("  "));
}

static void begin_value(struct json_writer *json)
{
    if (!json->named && json->depth > 0) {
        if (json->filled)
            buffer_byte(json->out, ',');
        new_line(json);
    }
    json->named = false;
    json->filled = true;
}

void json_name(struct json_writer *json, const char *name)
{
    begin_value(json);
    buffer_json_string(json->out, text_of(name));
    buffer_add(json->out, TEXT(": "));
    json->named = true;
}

void json_open(struct json_writer *json, char bracket)
{
    begin_value(json);
    buffer_byte(json->out, bracket);
    json->depth++;
    json->filled = false;
}

void json_close(struct json_writer *json, char bracket)
{
    json->depth--;
    if (json->filled)
        new_line(json);
    buffer_byte(json->out, bracket);
    json->filled = true;
}

void json_string(struct json_writer *json, const char *string)
{
    begin_value(json);
    buffer_json_string(json->out, text_of(string));
}

void json_number(struct json_writer *json, uint64_t number)
{
    begin_value(json);
    buffer_number(json->out, number);
}

void json_raw(struct json_writer *json, const char *value)
{
    begin_value(json);
    buffer_add(json->out, text_of(value));
}
