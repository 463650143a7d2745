/* SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>

#include "conf/files.h"
#include "conf/pattern.h"
#include "conf/tree.h"

/* A file of the config; known by what it is, not by its name, so that a link doesn't hide a circle. */
struct source {
    struct source *next;
    dev_t device;
    ino_t inode;
    const char *path;
    bool open; /* still being read: including it again is a circle */
};

static struct node *read_source(struct tree *tree, const char *path, struct place at, unsigned depth);

static const struct source *find_source(const struct tree *tree, const struct file_read *file)
{
    const struct source *source = tree->sources;
    while (source != NULL && (source->device != file->device || source->inode != file->inode))
        source = source->next;
    return source;
}

static struct source *add_source(struct tree *tree, const char *path, const struct file_read *file)
{
    struct source *source = arena_take_zeroed(tree->arena, sizeof *source);
    if (source == NULL)
        return NULL;
    *source = (struct source){tree->sources, file->device, file->inode, path, true};
    tree->sources = source;
    tree->file_count++;
    return source;
}

/* Adds an item that an included file says to the map that has it, or tells that both say it. */
static void merge_item(struct tree *tree, struct node *into, const struct item *item)
{
    const struct item *there = node_find(into, item->key);
    if (there == NULL) {
        if (!node_add(tree, into, *item))
            problem_add(tree->problems, item->key_place, "out of memory");
        return;
    }
    problem_add(tree->problems, item->key_place, "'%.*s' is given twice, also in %s:%u:%u; keep one",
                TEXT_ARGS(item->key), there->key_place.file, there->key_place.line, there->key_place.column);
}

/* What an anchor stands for may be shared, so it is not changed: the merged collection is a new node. */
static struct node *copy_collection(struct tree *tree, const struct node *node)
{
    struct node *copy = node_new(tree, node->kind, node->place);
    for (const struct item *item = node->first; copy != NULL && item != NULL; item = item->next)
        if (!node_add(tree, copy, *item))
            return NULL;
    return copy;
}

static void merge_collection(struct tree *tree, struct item *there, const struct node *from)
{
    struct node *copy = copy_collection(tree, there->value);
    if (copy == NULL) {
        problem_add(tree->problems, from->place, "out of memory");
        return;
    }
    there->value = copy;
    for (const struct item *item = from->first; item != NULL; item = item->next)
        if (from->kind == NODE_MAP)
            merge_item(tree, copy, item);
        else if (!node_add(tree, copy, *item))
            problem_add(tree->problems, from->place, "out of memory");
}

/* One key of an included file: maps are joined by key, lists appended, anything else may be said once
 * only. */
static void merge_root_item(struct tree *tree, struct node *root, const struct item *item)
{
    struct item *there = node_find(root, item->key);
    if (there != NULL && node_is_nothing(there->value))
        there->value = item->value;
    else if (there != NULL && there->value->kind == item->value->kind && item->value->kind != NODE_SCALAR)
        merge_collection(tree, there, item->value);
    else if (there == NULL || !node_is_nothing(item->value))
        merge_item(tree, root, item);
}

static void merge_root(struct tree *tree, struct node *root, const struct node *included)
{
    if (included->kind != NODE_MAP) {
        if (!node_is_nothing(included))
            problem_add(tree->problems, included->place,
                        "an included file must be a map of the same keys as the main one");
        return;
    }
    for (const struct item *item = included->first; item != NULL; item = item->next)
        if (!text_equal(item->key, TEXT("include")))
            merge_root_item(tree, root, item);
}

/* glob sorts by byte value: weir never calls setlocale. */
static void include_matches(struct tree *tree, struct node *root, const struct node *pattern, unsigned depth)
{
    glob_t found;
    struct text path = file_beside(pattern->place.file, pattern->text, tree->arena);
    if (path.at != NULL)
        pattern_see(path, tree->arena, tree->seen);
    if (path.at == NULL || glob(path.at, 0, NULL, &found) != 0) {
        if (!pattern_has_wildcard(pattern->text))
            problem_add(tree->problems, pattern->place, "there is no file '%.*s' to include",
                        TEXT_ARGS(path));
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = arena_copy(tree->arena, text_of(found.gl_pathv[i])).at;
        const struct node *included =
            name == NULL ? NULL : read_source(tree, name, pattern->place, depth + 1);
        if (included != NULL)
            merge_root(tree, root, included);
    }
    globfree(&found);
}

static void include_one(struct tree *tree, struct node *root, const struct node *pattern, unsigned depth)
{
    if (pattern->kind != NODE_SCALAR || pattern->text.len == 0)
        return; /* the schema reports it */
    if (depth >= TREE_INCLUDES_MAX)
        problem_add(tree->problems, pattern->place, "includes are nested too deeply: 16 levels at most");
    else
        include_matches(tree, root, pattern, depth);
}

/* Behind what the file says itself, so its own routes come first. */
static void include_all(struct tree *tree, struct node *root, unsigned depth)
{
    struct node *include = node_get(root, "include");
    if (include == NULL || include->kind != NODE_LIST) {
        if (include != NULL)
            include_one(tree, root, include, depth);
        return;
    }
    for (const struct item *item = include->first; item != NULL; item = item->next)
        include_one(tree, root, item->value, depth);
}

static struct node *parse_source(struct tree *tree, struct source *source, struct text yaml, unsigned depth)
{
    struct node *root = tree_parse(tree, source->path, yaml);
    if (root != NULL)
        include_all(tree, root, depth);
    source->open = false;
    return root;
}

static bool may_read(struct tree *tree, const struct file_read *file, const char *path, struct place at)
{
    const struct source *known = find_source(tree, file);
    if (known != NULL)
        problem_add(tree->problems, at,
                    known->open ? "'%s' includes itself, directly or through others"
                                : "'%s' is included twice",
                    path);
    else if (tree->file_count >= TREE_FILES_MAX || file->text.len > TREE_BYTES_MAX - tree->bytes)
        problem_add(tree->problems, at, "'%s' is one file too many: 1000 files and 64m in all at most", path);
    else
        return true;
    return false;
}

static struct node *read_source(struct tree *tree, const char *path, struct place at, unsigned depth)
{
    struct file_read file;
    file_list_add(tree->seen, text_of(path));
    const char *wrong = file_read(path, TREE_FILE_MAX, tree->arena, &file);
    if (wrong != NULL) {
        problem_add(tree->problems, at, "'%s' can't be read: %s", path, wrong);
        return NULL;
    }
    if (!may_read(tree, &file, path, at))
        return NULL;
    tree->bytes += file.text.len;
    struct source *source = add_source(tree, path, &file);
    if (source == NULL) {
        problem_add(tree->problems, at, "out of memory");
        return NULL;
    }
    return parse_source(tree, source, file.text, depth);
}

struct node *tree_read(struct tree *tree, const char *path)
{
    const char *kept = arena_copy(tree->arena, text_of(path)).at;
    return kept == NULL ? NULL : read_source(tree, kept, (struct place){kept, 1, 1}, 0);
}
