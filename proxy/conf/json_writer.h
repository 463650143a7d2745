/* SPDX-License-Identifier: Apache-2.0 */
/* Writes indented JSON into a buffer, commas and line ends where they belong. The caller closes what it
 * opens. */
#ifndef CONF_JSON_WRITER_H
#define CONF_JSON_WRITER_H

#include "base/buffer.h"

struct json_writer {
    struct buffer *out;
    unsigned depth;
    bool filled; /* something stands in the innermost collection already */
    bool named;  /* a name was written and waits for its value */
};

/* For a value within an object: before any of those below. */
void json_name(struct json_writer *json, const char *name);

/* '{' or '[', and the bracket that closes it. */
void json_open(struct json_writer *json, char bracket);
void json_close(struct json_writer *json, char bracket);

void json_string(struct json_writer *json, const char *string);
void json_number(struct json_writer *json, uint64_t number);
/* JSON as it is: true, {} and so on. */
void json_raw(struct json_writer *json, const char *value);

#endif
