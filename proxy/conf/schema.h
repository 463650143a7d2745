/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one description of every key that a config may have: its type, default, bounds and words, what it
 * refers to, whether this build has its feature, and a line that says what it does. The checks, the defaults
 * and the JSON Schema all come from these tables. Constant data.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "base/text.h"

enum shape_kind {
    SHAPE_STRING,
    SHAPE_SWITCH, /* on, off */
    SHAPE_INTEGER,
    SHAPE_DURATION, /* ms */
    SHAPE_SIZE,     /* bytes */
    SHAPE_RATE,     /* an hour */
    SHAPE_PERCENT,
    SHAPE_WORD,  /* one of words */
    SHAPE_LIST,  /* of item */
    SHAPE_MAP,   /* of keys */
    SHAPE_NAMED, /* a map whose keys are the operator's names, of item */
    SHAPE_ANY    /* not looked at */
};

/* The tables of names that a value can refer to. */
enum reference { REFERENCE_NONE, REFERENCE_LISTENER, REFERENCE_UPSTREAM, REFERENCE_CACHE, REFERENCE_COUNT };

/* How many of some keys a map must have. */
enum choice_kind { CHOICE_EXACTLY_ONE, CHOICE_AT_MOST_ONE, CHOICE_AT_LEAST_ONE };

struct choice {
    enum choice_kind kind;
    const char *const *keys; /* ends with NULL; a choice without keys ends the list of choices */
};

/* Returns NULL, or a phrase that says what is wanted. */
typedef const char *form_check(struct text written);

struct key;

struct shape {
    enum shape_kind kind;
    bool one;                 /* a list: a single item may stand for itself */
    bool secret;              /* messages and the admin API don't show the value */
    uint64_t min, max;        /* of numbers; of a list, its items; max 0: none */
    const char *const *words; /* ends with NULL; for other kinds than SHAPE_WORD: also these instead */
    const char *const *later; /* words of a later build */
    form_check *form;         /* of a string */
    form_check *name_form;    /* of the names of SHAPE_NAMED */
    const char *pattern;      /* the same as form and name_form for the JSON Schema, roughly */
    enum reference refers;    /* the value is a name of that table */
    enum reference names_refer;
    const struct shape *item;
    const struct key *keys;       /* ends with a key without name */
    const struct choice *choices; /* at most one of a kind */
    const char *off; /* a map: how it is written to be off, for who writes just that; NULL: it can't be */
    const char *shorthand; /* a map: a single value stands for a map of this key */
};

enum key_state {
    KEY_OPTIONAL,
    KEY_REQUIRED,
    KEY_LATER /* optional, and not in this build: anything but the fallback is a problem */
};

struct key {
    const char *name;
    const struct shape *shape;
    const char *fallback; /* the default as it would be written; NULL: none */
    const char *help;     /* one sentence */
    enum key_state state;
};

extern const struct shape schema_root;

/* The larger parts, in the files of their name. */
extern const struct shape schema_listener, schema_route, schema_upstream, schema_cache;

/* Types that several parts use (schema_types.c). */
extern const struct shape type_string, type_any, type_switch, type_duration, type_size, type_rate,
    type_percent, type_count, type_name, type_file, type_secret, type_strings, type_listener_name,
    type_upstream_name, type_cache_name, type_status, type_field_value;

const struct key *schema_key(const struct shape *map, struct text name);

/* Reads a single value: *value is what the kind says, a word's position for words (in words, then in
 * later). NULL when it is well formed, else a phrase that says what is wanted. */
const char *schema_read(const struct shape *shape, struct text written, uint64_t *value);

/* True when the value is one of the shape's words of a later build. */
bool schema_is_later_word(const struct shape *shape, struct text written);

/* The position in a list that ends with NULL, or -1. */
int schema_word(const char *const *words, struct text written);

#endif
