/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/glance.h"

#include "conf/forms.h"
#include "conf/section.h"

static struct text read_token(struct section admin, struct arena *arena)
{
    const struct node *node = section_node(admin, "token");
    if (node == NULL || node->kind != NODE_SCALAR || node->unresolved)
        return TEXT("");
    struct text token = arena_copy(arena, node->text);
    return token.at != NULL ? token : TEXT("");
}

struct glance glance_at(const char *path, struct arena *arena)
{
    struct problems ignored;
    struct glance glance = {.listen = {.len = 0}};
    struct tree tree = {.arena = arena, .problems = &ignored};
    problems_init(&ignored);
    struct section admin = section_map(section_root(tree_read(&tree, path)), "admin");
    struct text listen = section_text(admin, "listen");
    if (!text_equal(listen, TEXT("off")) && form_read_address(listen, &glance.listen) != NULL)
        (void)form_read_address(text_of(schema_key(admin.shape, TEXT("listen"))->fallback), &glance.listen);
    glance.token = read_token(admin, arena);
    problems_clear(&ignored);
    return glance;
}
