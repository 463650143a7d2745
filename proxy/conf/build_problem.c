/* SPDX-License-Identifier: Apache-2.0 */
/* Problems that only building finds, with the way to their key in front, as validate has it. */
#include <stdarg.h>
#include <stdio.h>

#include "conf/build.h"
#include "conf/steps.h"

enum { MESSAGE_MAX = 500, WAYS_MAX = 100 };

/* False when the node isn't below. Depth-first, as deep as a tree may be. */
static bool find_way(const struct node *wanted, const struct node *node, const struct step *step, char *way)
{
    size_t index = 0;
    if (node == wanted) {
        steps_write(step, way);
        return true;
    }
    for (const struct item *item = node->first; item != NULL; item = item->next, index++) {
        const bool listed = node->kind == NODE_LIST;
        const struct step below = {step, listed ? TEXT_NONE : item->key, index};
        if (find_way(wanted, item->value, &below, way))
            return true;
    }
    return false;
}

/* Looking for a node takes time in a large config: beyond a bound, its place is enough. */
static const char *way_to(const struct build *build, const struct node *node, char way[STEPS_TEXT_MAX])
{
    const struct step root = {NULL, TEXT_NONE, 0};
    way[0] = '\0';
    if (build->root != NULL && build->problems->count < WAYS_MAX)
        (void)find_way(node, build->root, &root, way);
    return way;
}

void build_problem(struct build *build, const struct node *node, const char *format, ...)
{
    char way[STEPS_TEXT_MAX], message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problem_add(build->problems, node->place, "%s%s", way_to(build, node, way), message);
}
