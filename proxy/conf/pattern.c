/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/pattern.h"

#include <glob.h>
#include <limits.h>

bool pattern_has_wildcard(struct text pattern)
{
    return text_find(pattern, '*') < pattern.len || text_find(pattern, '?') < pattern.len ||
           text_find(pattern, '[') < pattern.len;
}

/* Without the last part: "." when there is no other. */
static struct text folder_of(struct text path)
{
    size_t len = path.len;
    while (len > 0 && path.at[len - 1] != '/')
        len--;
    if (len == 0)
        return TEXT(".");
    return text_sub(path, 0, len > 1 ? len - 1 : 1);
}

static void see_matches(struct text folders, struct arena *arena, struct file_list *seen)
{
    glob_t found;
    struct text pattern = arena_copy(arena, folders);
    if (pattern.at == NULL || glob(pattern.at, GLOB_ONLYDIR, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        file_list_add(seen, text_of(found.gl_pathv[i]));
    globfree(&found);
}

void pattern_see(struct text pattern, struct arena *arena, struct file_list *seen)
{
    if (seen == NULL || pattern.len >= PATH_MAX)
        return;
    if (!pattern_has_wildcard(pattern)) {
        file_list_add(seen, pattern);
        return;
    }
    struct text folder = folder_of(pattern);
    for (; pattern_has_wildcard(folder); folder = folder_of(folder))
        see_matches(folder, arena, seen);
    file_list_add(seen, folder);
}
