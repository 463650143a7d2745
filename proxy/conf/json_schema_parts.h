/* SPDX-License-Identifier: Apache-2.0 */
/* What json_schema.c (lists and maps) needs of json_schema_scalar.c (single values). Nobody else includes
 * it. */
#ifndef CONF_JSON_SCHEMA_PARTS_H
#define CONF_JSON_SCHEMA_PARTS_H

#include "conf/json_writer.h"
#include "conf/schema.h"

/* The rules of a single value, within an object that is open. */
void json_schema_scalar(struct json_writer *json, const struct shape *shape);

/* "default" of a key, if it has one. */
void json_schema_default(struct json_writer *json, const struct key *key);

/* "type" with a list that ends with NULL. */
void json_schema_types(struct json_writer *json, const char *const *types);

/* A rule that is a number, such as minItems. */
void json_schema_bound(struct json_writer *json, const char *name, uint64_t number);

#endif
