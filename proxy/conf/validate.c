/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/validate.h"

#include <stdarg.h>

#include "conf/value.h"

#define MESSAGE_MAX 500

static void walk(struct validation *validation, const struct node *node, const struct shape *shape,
                 const struct step *step);

void validate_report(struct validation *validation, struct place place, const struct step *step,
                     const char *format, ...)
{
    char way[STEPS_TEXT_MAX], message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problem_add(validation->problems, place, "%s%s", steps_write(step, way), message);
}

static void check_choice(struct validation *validation, const struct node *map, const struct choice *choice,
                         const struct step *step)
{
    static const char *const amounts[] = {"exactly one", "only one", "at least one"};
    char keys[200];
    size_t given = 0;
    for (size_t i = 0; choice->keys[i] != NULL; i++)
        given += node_get(map, choice->keys[i]) != NULL;
    if (given == 1 || (given == 0 && choice->kind == CHOICE_AT_MOST_ONE) ||
        (given > 1 && choice->kind == CHOICE_AT_LEAST_ONE))
        return;
    validate_write_words(choice->keys, NULL, keys, sizeof keys);
    validate_report(validation, map->place, step, "needs %s of %s; it has %s", amounts[choice->kind], keys,
                    given == 0 ? "none" : "several");
}

static void check_complete(struct validation *validation, const struct node *map, const struct shape *shape,
                           const struct step *step)
{
    for (const struct key *key = shape->keys; key->name != NULL; key++)
        if (key->state == KEY_REQUIRED && node_get(map, key->name) == NULL)
            validate_report(validation, map->place, step, "needs the key '%s'", key->name);
    for (const struct choice *choice = shape->choices; choice != NULL && choice->keys != NULL; choice++)
        check_choice(validation, map, choice, step);
}

static void walk_key(struct validation *validation, const struct item *item, const struct shape *map,
                     const struct step *step)
{
    const struct key *key = schema_key(map, item->key);
    struct step below = {step, item->key, 0};
    if (key == NULL) {
        validate_unknown(validation, item, map, step);
        return;
    }
    walk(validation, item->value, key->shape, &below);
    if (key->state == KEY_LATER && !validate_is_neutral(key, item->value))
        validate_report(validation, item->key_place, &below, "not in this build yet");
}

static void walk_map(struct validation *validation, const struct node *map, const struct shape *shape,
                     const struct step *step)
{
    for (const struct item *item = map->first; item != NULL; item = item->next)
        walk_key(validation, item, shape, step);
    check_complete(validation, map, shape, step);
}

static void walk_named(struct validation *validation, const struct node *map, const struct shape *shape,
                       const struct step *step)
{
    for (const struct item *item = map->first; item != NULL; item = item->next) {
        struct step below = {step, item->key, 0};
        const char *wanted = shape->name_form == NULL ? NULL : shape->name_form(item->key);
        if (wanted != NULL)
            validate_report(validation, item->key_place, step, "the key '%.*s' must be %s",
                            TEXT_ARGS(text_sub(item->key, 0, item->key.len > 60 ? 60 : item->key.len)),
                            wanted);
        validate_reference(validation, item->key, item->key_place, shape, step);
        walk(validation, item->value, shape->item, &below);
    }
    if (map->count < shape->min)
        validate_report(validation, map->place, step, "needs at least one entry");
}

static void walk_list(struct validation *validation, const struct node *list, const struct shape *shape,
                      const struct step *step)
{
    size_t index = 0;
    for (const struct item *item = list->first; item != NULL; item = item->next) {
        struct step below = {step, TEXT_NONE, index++};
        walk(validation, item->value, shape->item, &below);
    }
    if (list->count < shape->min)
        validate_report(validation, list->place, step, "needs at least one item");
}

static enum node_kind wanted_kind(const struct shape *shape)
{
    if (shape->kind == SHAPE_LIST)
        return NODE_LIST;
    return shape->kind == SHAPE_MAP || shape->kind == SHAPE_NAMED ? NODE_MAP : NODE_SCALAR;
}

/* A value of another kind than the shape's that stands for one of it; false when it doesn't. */
static bool walk_short(struct validation *validation, const struct node *node, const struct shape *shape,
                       const struct step *step)
{
    if (shape->kind == SHAPE_LIST && shape->one)
        walk(validation, node, shape->item, step);
    else if (shape->shorthand != NULL && node->kind == NODE_SCALAR)
        walk(validation, node, schema_key(shape, text_of(shape->shorthand))->shape, step);
    else
        return false;
    return true;
}

static void walk_kind(struct validation *validation, const struct node *node, const struct shape *shape,
                      const struct step *step)
{
    if (shape->kind == SHAPE_MAP)
        walk_map(validation, node, shape, step);
    else if (shape->kind == SHAPE_NAMED)
        walk_named(validation, node, shape, step);
    else if (shape->kind == SHAPE_LIST)
        walk_list(validation, node, shape, step);
    else
        validate_scalar(validation, node, shape, step);
}

static bool says_off(const struct node *node)
{
    uint64_t on;
    return node->kind == NODE_SCALAR && value_switch(node->text, &on) == NULL && on == 0;
}

static void report_kind(struct validation *validation, const struct node *node, const struct shape *shape,
                        const struct step *step)
{
    static const char *const nouns[] = {"a single value", "a list", "a map"};
    if (shape->off != NULL && says_off(node))
        validate_report(validation, node->place, step, "needs a map: to switch it off, write %s", shape->off);
    else
        validate_report(validation, node->place, step, "needs %s, not %s", nouns[wanted_kind(shape)],
                        node_kind_name(node));
}

/* A map or list that is there but empty ("routes:" with everything below it commented out) is an empty
 * one. */
static void walk(struct validation *validation, const struct node *node, const struct shape *shape,
                 const struct step *step)
{
    enum node_kind wanted = wanted_kind(shape);
    if (shape->kind == SHAPE_ANY)
        return;
    if (node->kind == wanted || (wanted != NODE_SCALAR && node_is_nothing(node)))
        walk_kind(validation, node, shape, step);
    else if (!walk_short(validation, node, shape, step))
        report_kind(validation, node, shape, step);
}

void validate(struct validation *validation, const struct node *root)
{
    struct step step = {NULL, TEXT_NONE, 0};
    walk(validation, root, &schema_root, &step);
}
