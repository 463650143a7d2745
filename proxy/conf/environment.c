/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/environment.h"

#include <stdlib.h>

#define NAME_MAX_BYTES 255

/* What stands between "${" and "}". */
struct variable {
    struct text name;
    struct text fallback;
    bool has_fallback;
};

static bool is_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool letter = (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return t.len > 0 && t.len <= NAME_MAX_BYTES;
}

static bool read_variable(struct text inside, struct variable *variable)
{
    size_t colon = text_find(inside, ':');
    *variable = (struct variable){.name = text_sub(inside, 0, colon)};
    if (!is_name(variable->name))
        return false;
    if (colon == inside.len)
        return true;
    variable->fallback = text_sub(inside, colon, inside.len - colon);
    if (!text_starts(variable->fallback, TEXT(":-")))
        return false;
    variable->fallback = text_sub(variable->fallback, 2, variable->fallback.len - 2);
    variable->has_fallback = true;
    return !text_contains(variable->fallback, TEXT("${"));
}

/* Like the shell's ":-": an empty variable takes the default too. */
static struct text value_of(struct tree *tree, struct variable variable, struct node *scalar)
{
    char name[NAME_MAX_BYTES + 1];
    memcpy(name, variable.name.at, variable.name.len);
    name[variable.name.len] = '\0';
    const char *value = getenv(name);
    if (value != NULL && (value[0] != '\0' || !variable.has_fallback))
        return text_of(value);
    if (!variable.has_fallback) {
        problem_add(tree->problems, scalar->place,
                    "the environment variable %s is not set; set it, or give a default: ${%s:-default}", name,
                    name);
        scalar->unresolved = true;
    }
    return variable.fallback;
}

/* Takes one "${...}" off the front of *rest and appends what it stands for. The text of a wrong one isn't
 * shown: it may be part of a password. */
static bool take_variable(struct tree *tree, struct text *rest, struct text *out, struct node *scalar)
{
    struct variable variable;
    size_t close = text_find(*rest, '}');
    if (close == rest->len || !read_variable(text_sub(*rest, 2, close - 2), &variable)) {
        problem_add(tree->problems, scalar->place,
                    "write ${NAME} or ${NAME:-default}, or '$${' where '${' itself is meant");
        scalar->unresolved = true;
        *rest = TEXT_NONE;
        return true;
    }
    *rest = text_sub(*rest, close + 1, rest->len - close - 1);
    struct text value = value_of(tree, variable, scalar);
    return arena_append(tree->arena, out, value.at, value.len);
}

/* Appends up to the next "${" and leaves *rest there. */
static bool take_plain(struct tree *tree, struct text *rest, struct text *out)
{
    size_t at = 0;
    while (at < rest->len &&
           !(rest->at[at] == '$' && text_starts(text_sub(*rest, at, rest->len - at), TEXT("${"))))
        at++;
    bool escaped = at < rest->len && at > 0 && rest->at[at - 1] == '$';
    if (!arena_append(tree->arena, out, rest->at, escaped ? at - 1 : at))
        return false;
    *rest = text_sub(*rest, at, rest->len - at);
    if (!escaped)
        return true;
    *rest = text_sub(*rest, 2, rest->len - 2);
    return arena_append(tree->arena, out, "${", 2);
}

bool environment_expand(struct tree *tree, struct node *scalar)
{
    struct text rest = scalar->text, out = TEXT_NONE;
    if (!text_contains(rest, TEXT("${")))
        return true;
    scalar->from_environment = true;
    while (rest.len > 0) {
        bool variable = text_starts(rest, TEXT("${"));
        if (!(variable ? take_variable(tree, &rest, &out, scalar) : take_plain(tree, &rest, &out)))
            return false;
    }
    scalar->text = arena_copy(tree->arena, out);
    return scalar->text.at != NULL;
}
