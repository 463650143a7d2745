/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a tree against the schema: kinds, forms, bounds, unknown and missing keys, references, features that
 * this build doesn't have. It reports everything it finds and changes nothing but the marks of names that are
 * referred to. validate.c walks lists and maps; validate_scalar.c looks at single values, validate_unknown.c
 * at unknown keys.
 */
#ifndef CONF_VALIDATE_H
#define CONF_VALIDATE_H

#include "conf/schema.h"
#include "conf/steps.h"
#include "conf/tree.h"

struct validation {
    struct problems *problems;
    struct names names[REFERENCE_COUNT]; /* what can be referred to */
};

void validate(struct validation *validation, const struct node *root);

/* Adds a problem with the way to the value in front. */
void validate_report(struct validation *validation, struct place place, const struct step *step,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A single value of the shape. */
void validate_scalar(struct validation *validation, const struct node *scalar, const struct shape *shape,
                     const struct step *step);

/* Marks the name as used, or tells that there is none. */
void validate_reference(struct validation *validation, struct text name, struct place place,
                        const struct shape *shape, const struct step *step);

/* Tells that the map has no such key, and which was probably meant. */
void validate_unknown(struct validation *validation, const struct item *item, const struct shape *shape,
                      const struct step *step);

/* True when a value says what the build does anyway, so that a feature of a later build isn't asked for. */
bool validate_is_neutral(const struct key *key, const struct node *value);

/* "a, b or c" into buffer, cut to its size. */
void validate_write_words(const char *const *words, const char *const *more, char *buffer, size_t size);

#endif
