/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/files.h"
#include "conf/forms.h"

/* It is kept in memory and sent with one write. */
#define BODY_FILE_MAX ((size_t)1 << 20)

static struct text read_body(struct build *build, const struct node *node)
{
    struct file_read file;
    struct arena *arena = &build->config->arena;
    struct text path = file_beside(node->place.file, node->text, arena);
    if (path.at == NULL || form_file(node->text) != NULL)
        return TEXT_NONE;
    file_list_add(build->seen, path);
    const char *wrong = file_read(path.at, BODY_FILE_MAX, arena, &file);
    if (wrong == NULL)
        return file.text;
    build_problem(build, node, "'%s' can't be read: %s", path.at, wrong);
    return TEXT_NONE;
}

static void build_error(struct build *build, struct section section, struct error_settings *error)
{
    const struct node *file = section_node(section, "body_file");
    error->content_type = build_text(build, section_text(section, "content_type"));
    if (file != NULL && file->kind == NODE_SCALAR)
        error->body = read_body(build, file);
    else
        error->body = build_text(build, section_text(section, "body"));
}

void build_errors(struct build *build, struct section section, struct route_settings *route)
{
    struct item single;
    route->errors = build_take(build, section_count(section, "errors"), sizeof *route->errors);
    if (route->errors == NULL)
        return;
    for (const struct item *item = section_items(section, "errors", &single); item != NULL;
         item = item->next) {
        uint64_t status;
        if (form_error_status(item->key) != NULL || !text_to_number(item->key, 599, &status))
            continue;
        struct error_settings *error = &route->errors[route->error_count++];
        error->status = (unsigned)status;
        build_error(build, section_item(section, "errors", item), error);
    }
}
