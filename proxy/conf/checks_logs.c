/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "conf/checks.h"
#include "conf/forms.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* As far as it holds whoever asks: who may write there is seen when the file is opened. NULL: nothing. */
static const char *wrong_with(struct text path, struct arena *arena)
{
    size_t len = path.len;
    while (len > 0 && path.at[len - 1] != '/')
        len--;
    struct text folder = len > 0 ? arena_copy(arena, text_sub(path, 0, len)) : TEXT(".");
    struct text whole = arena_copy(arena, path);
    if (folder.at == NULL || whole.at == NULL)
        return NULL;
    if (is_folder(whole.at))
        return "is a folder; name a file in it";
    return is_folder(folder.at) ? NULL : "is in a folder that does not exist; make it, or name another";
}

/* off is a word of the access log alone. */
static bool is_file(struct text path, const char *key)
{
    bool is_word = text_equal(path, TEXT("stdout")) || text_equal(path, TEXT("stderr")) ||
                   (key[0] == 'a' && text_equal(path, TEXT("off")));
    return !is_word && form_file(path) == NULL;
}

static void check_log(struct build *build, struct section root, const char *key, struct arena *arena)
{
    const struct node *node = section_node(section_map(root, key), "path");
    if (node == NULL || node->kind != NODE_SCALAR || node->unresolved || !is_file(node->text, key))
        return;
    const char *wrong = wrong_with(node->text, arena);
    if (wrong != NULL && node->from_environment)
        problem_add(build->problems, node->place, "%s.path: it %s", key, wrong);
    else if (wrong != NULL)
        problem_add(build->problems, node->place, "%s.path: '%.*s' %s", key, TEXT_ARGS(node->text), wrong);
}

void checks_logs(struct build *build, struct section root, struct arena *arena)
{
    check_log(build, root, "log", arena);
    check_log(build, root, "access_log", arena);
}
