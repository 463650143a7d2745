/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/nearest.h"
#include "conf/validate.h"

/* So much of a value is shown in a message. */
#define VALUE_SHOWN 60
#define WORDS_SHOWN 300

/* ", not 'value'", or nothing when the value is secret or didn't come from the file. */
static const char *write_value(const struct node *scalar, const struct shape *shape,
                               char buffer[VALUE_SHOWN + 24])
{
    struct text text = scalar->text;
    bool cut = text.len > VALUE_SHOWN;
    buffer[0] = '\0';
    if (!shape->secret && !scalar->from_environment && text.len > 0)
        snprintf(buffer, VALUE_SHOWN + 24, ", not '%.*s%s'", cut ? VALUE_SHOWN : (int)text.len, text.at,
                 cut ? "..." : "");
    return buffer;
}

static size_t append_words(const char *const *words, char *buffer, size_t size, size_t at)
{
    for (size_t i = 0; words != NULL && words[i] != NULL && at < size; i++)
        at += (size_t)snprintf(buffer + at, size - at, "%s%s", at == 0 ? "" : ", ", words[i]);
    return at < size ? at : size - 1;
}

void validate_write_words(const char *const *words, const char *const *more, char *buffer, size_t size)
{
    buffer[0] = '\0';
    append_words(more, buffer, size, append_words(words, buffer, size, 0));
}

static struct text nearest_word(const struct shape *shape, struct text wanted)
{
    struct nearest nearest = {.wanted = wanted};
    for (size_t i = 0; shape->words != NULL && shape->words[i] != NULL; i++)
        nearest_offer(&nearest, text_of(shape->words[i]));
    for (size_t i = 0; shape->later != NULL && shape->later[i] != NULL; i++)
        nearest_offer(&nearest, text_of(shape->later[i]));
    return nearest.best;
}

static void report_word(struct validation *validation, const struct node *scalar, const struct shape *shape,
                        const struct step *step)
{
    char words[WORDS_SHOWN], value[VALUE_SHOWN + 24];
    struct text meant = scalar->from_environment ? TEXT_NONE : nearest_word(shape, scalar->text);
    validate_write_words(shape->words, shape->later, words, sizeof words);
    write_value(scalar, shape, value);
    if (meant.at != NULL)
        validate_report(validation, scalar->place, step, "needs one of %s%s; did you mean '%.*s'?", words,
                        value, TEXT_ARGS(meant));
    else
        validate_report(validation, scalar->place, step, "needs one of %s%s", words, value);
}

struct bound {
    uint64_t factor;
    const char *unit;
};

/* The number in the largest unit that keeps it whole. */
static void write_bound(const struct shape *shape, uint64_t number, char *buffer, size_t size)
{
    static const struct bound durations[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    static const struct bound sizes[] = {{1 << 30, "g"}, {1 << 20, "m"}, {1 << 10, "k"}, {1, ""}};
    static const struct bound plain = {1, ""};
    const struct bound *bound = shape->kind == SHAPE_DURATION ? durations
                                : shape->kind == SHAPE_SIZE   ? sizes
                                                              : &plain;
    while (bound->factor > 1 && (number == 0 || number % bound->factor != 0))
        bound++;
    snprintf(buffer, size, "%llu%s", (unsigned long long)(number / bound->factor), bound->unit);
}

static void report_number(struct validation *validation, const struct node *scalar, const struct shape *shape,
                          const struct step *step)
{
    char least[32], most[32], words[WORDS_SHOWN], value[VALUE_SHOWN + 24];
    write_bound(shape, shape->min, least, sizeof least);
    write_bound(shape, shape->max, most, sizeof most);
    validate_write_words(shape->words, NULL, words, sizeof words);
    write_value(scalar, shape, value);
    const char *what = shape->kind == SHAPE_DURATION ? "a duration"
                       : shape->kind == SHAPE_SIZE   ? "a size"
                                                     : "a whole number";
    validate_report(validation, scalar->place, step, "needs %s from %s to %s%s%s%s", what, least, most,
                    words[0] == '\0' ? "" : ", or ", words, value);
}

static void report_form(struct validation *validation, const struct node *scalar, const struct shape *shape,
                        const struct step *step)
{
    uint64_t ignored;
    char words[WORDS_SHOWN], value[VALUE_SHOWN + 24];
    validate_write_words(shape->words, NULL, words, sizeof words);
    validate_report(validation, scalar->place, step, "needs %s%s%s%s",
                    schema_read(shape, scalar->text, &ignored), words[0] == '\0' ? "" : ", or ", words,
                    write_value(scalar, shape, value));
}

static void report_malformed(struct validation *validation, const struct node *scalar,
                             const struct shape *shape, const struct step *step)
{
    bool is_number =
        shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_DURATION || shape->kind == SHAPE_SIZE;
    uint64_t value;
    struct shape unbounded = *shape;
    unbounded.max = 0;
    if (shape->kind == SHAPE_WORD)
        report_word(validation, scalar, shape, step);
    else if (is_number && shape->max != 0 &&
             (shape->kind == SHAPE_INTEGER || schema_read(&unbounded, scalar->text, &value) == NULL))
        report_number(validation, scalar, shape, step);
    else
        report_form(validation, scalar, shape, step);
}

void validate_reference(struct validation *validation, struct text name, struct place place,
                        const struct shape *shape, const struct step *step)
{
    static const char *const nouns[] = {"", "listener", "upstream", "cache"};
    enum reference table = shape->kind == SHAPE_NAMED ? shape->names_refer : shape->refers;
    if (table == REFERENCE_NONE || name.len == 0)
        return;
    struct name *found = names_get(&validation->names[table], name);
    if (found != NULL) {
        found->used = true;
        return;
    }
    bool has_room = validation->problems->count < PROBLEMS_MAX;
    struct text meant = has_room ? names_nearest(&validation->names[table], name) : TEXT_NONE;
    struct text shown = text_sub(name, 0, name.len > VALUE_SHOWN ? VALUE_SHOWN : name.len);
    if (meant.at != NULL)
        validate_report(validation, place, step, "there is no %s '%.*s'; did you mean '%.*s'?", nouns[table],
                        TEXT_ARGS(shown), TEXT_ARGS(meant));
    else
        validate_report(validation, place, step,
                        "there is no %s '%.*s'; define it, or name one that there is", nouns[table],
                        TEXT_ARGS(shown));
}

void validate_scalar(struct validation *validation, const struct node *scalar, const struct shape *shape,
                     const struct step *step)
{
    uint64_t value;
    if (scalar->unresolved)
        return;
    if (schema_read(shape, scalar->text, &value) != NULL) {
        report_malformed(validation, scalar, shape, step);
        return;
    }
    if (schema_is_later_word(shape, scalar->text))
        validate_report(validation, scalar->place, step, "%.*s: not in this build yet",
                        TEXT_ARGS(scalar->text));
    validate_reference(validation, scalar->text, scalar->place, shape, step);
}

bool validate_is_neutral(const struct key *key, const struct node *value)
{
    uint64_t said, fallback;
    if (key->fallback == NULL)
        return false;
    if (value->kind != NODE_SCALAR || node_is_nothing(value))
        return value->count == 0 && (key->fallback[0] == '{' || key->fallback[0] == '[');
    if (schema_read(key->shape, value->text, &said) != NULL)
        return false;
    if (schema_read(key->shape, text_of(key->fallback), &fallback) != NULL || said != fallback)
        return false;
    return key->shape->kind != SHAPE_STRING || text_equal(value->text, text_of(key->fallback));
}
