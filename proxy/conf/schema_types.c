/* SPDX-License-Identifier: Apache-2.0 */
/* Types that several parts of the schema share. */
#include "conf/forms.h"
#include "conf/schema.h"

#define NAME_PATTERN "^[A-Za-z0-9._:/@-]{1,128}$"

const struct shape type_string = {.kind = SHAPE_STRING};
const struct shape type_any = {.kind = SHAPE_ANY};
const struct shape type_switch = {.kind = SHAPE_SWITCH};
const struct shape type_duration = {.kind = SHAPE_DURATION};
const struct shape type_size = {.kind = SHAPE_SIZE};
const struct shape type_rate = {.kind = SHAPE_RATE};
const struct shape type_percent = {.kind = SHAPE_PERCENT};
const struct shape type_count = {.kind = SHAPE_INTEGER, .min = 0, .max = 1000000000};
const struct shape type_name = {.kind = SHAPE_STRING, .form = form_name, .pattern = NAME_PATTERN};
const struct shape type_file = {.kind = SHAPE_STRING, .form = form_file, .pattern = "."};
const struct shape type_secret = {.kind = SHAPE_STRING, .secret = true, .form = form_field_value};
const struct shape type_strings = {.kind = SHAPE_LIST, .one = true, .item = &type_string};
const struct shape type_listener_name = {
    .kind = SHAPE_STRING, .form = form_name, .pattern = NAME_PATTERN, .refers = REFERENCE_LISTENER};
const struct shape type_upstream_name = {
    .kind = SHAPE_STRING, .form = form_name, .pattern = NAME_PATTERN, .refers = REFERENCE_UPSTREAM};
const struct shape type_cache_name = {
    .kind = SHAPE_STRING, .form = form_name, .pattern = NAME_PATTERN, .refers = REFERENCE_CACHE};
const struct shape type_status = {.kind = SHAPE_INTEGER, .min = 200, .max = 599};
const struct shape type_field_value = {
    .kind = SHAPE_STRING, .form = form_field_value, .pattern = "^[^\\r\\n]*$"};
