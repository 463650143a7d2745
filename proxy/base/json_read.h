/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one JSON value (RFC 8259), strictly: what the admin API is sent, and what it answers to weir's own commands. Not a
 * general library: everything is bounded, keys given twice are refused, numbers stay as they are written. Values live in
 * the caller's arena and point into it, not into what was read.
 */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/arena.h"

enum {
    JSON_DEPTH_MAX = 16,      /* lists and objects in each other */
    JSON_MEMBERS_MAX = 100,   /* of one object; a list is bounded by JSON_VALUES_MAX alone */
    JSON_VALUES_MAX = 100000, /* in all */
    JSON_BYTES_MAX = 64 << 20
};

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
    enum json_kind kind;
    bool truth;        /* of a boolean */
    struct text key;   /* of a member of an object, decoded */
    struct text text;  /* of a string, decoded UTF-8 that may hold NUL; of a number, as it is written */
    struct json *next; /* in the same list or object */
    struct json *first;
    size_t count; /* of members or items */
};

/* NULL when it isn't one JSON value with nothing but white space around it, or is beyond a bound; *problem is then a
 * phrase that says what is wrong (a literal). */
const struct json *json_read(struct arena *arena, struct text written, const char **problem);

/* The member of that key; NULL when there is none, or the value is NULL or no object. */
const struct json *json_get(const struct json *object, const char *key);

/* The string's text; empty for NULL and for anything but a string. */
struct text json_text(const struct json *value);

/* A number from 0 to max without sign, fraction and exponent. */
bool json_whole(const struct json *value, uint64_t max, uint64_t *number);

#endif
