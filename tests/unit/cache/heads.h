/* SPDX-License-Identifier: Apache-2.0 */
/* Heads for tests of the cache, made of lines: "Name: value\nName: value". */
#ifndef TESTS_UNIT_CACHE_HEADS_H
#define TESTS_UNIT_CACHE_HEADS_H

#include <cmocka.h>

#include "http/head.h"

static inline struct fields fields_of(struct arena *arena, const char *lines)
{
    struct fields fields = {0};
    struct text rest = lines[0] == '\0' ? TEXT_NONE : text_of(lines);
    for (struct text line; text_split(&rest, '\n', &line);) {
        size_t colon = text_find(line, ':');
        struct text value = text_trim(text_sub(line, colon + 1, line.len - colon - 1));
        assert_true(fields_add(&fields, arena, text_sub(line, 0, colon), value));
    }
    return fields;
}

static inline struct head response_of(struct arena *arena, unsigned status, const char *lines)
{
    return (struct head){.status = (uint16_t)status, .fields = fields_of(arena, lines)};
}

static inline struct head request_of(struct arena *arena, enum method method, const char *lines)
{
    return (struct head){.method = method, .body = BODY_NONE, .fields = fields_of(arena, lines)};
}

#endif
