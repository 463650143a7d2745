/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/config.h"

#include <stdlib.h>

#include "conf/checks.h"
#include "conf/effective.h"

#define TREE_ARENA_MAX ((size_t)512 << 20)
#define CONFIG_ARENA_MAX ((size_t)256 << 20)

static struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof *config);
    if (config != NULL)
        arena_init(&config->arena, CONFIG_ARENA_MAX);
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->serve.front_count; i++)
        keyring_unref(config->serve.fronts[i].tls);
    for (size_t i = 0; i < config->serve.cluster_count; i++)
        keyring_unref(config->serve.clusters[i].tls);
    arena_clear(&config->arena);
    free(config);
}

static bool fill(struct config *config, const struct node *root, struct tree *tree)
{
    struct validation validation = {.problems = tree->problems};
    struct build build = {
        .config = config, .problems = tree->problems, .validation = &validation, .seen = tree->seen};
    if (!checks_collect(&validation, root, tree->arena))
        return false;
    validate(&validation, root);
    if (root->kind != NODE_MAP && !node_is_nothing(root))
        return true;
    if (!build_config(&build, root))
        return false;
    checks_run(&build, root, tree->arena);
    if (tree->problems->errors == 0)
        build_tls(&build, root);
    if (build.full)
        return false;
    return tree->problems->errors > 0 || effective_make(config, root);
}

/* Problems with a file that isn't a config at all are enough: nothing is built from it. */
static struct config *config_from(struct tree *tree, const struct node *root)
{
    struct config *config = root == NULL ? NULL : config_new();
    if (root != NULL && (config == NULL || !fill(config, root, tree)))
        problem_add(tree->problems, root->place, "out of memory");
    problems_sort(tree->problems);
    if (tree->problems->errors == 0)
        return config;
    config_free(config);
    return NULL;
}

static void expect_root(struct tree *tree, const struct node *root, const char *file)
{
    if (root == NULL && tree->problems->errors == 0)
        problem_add(tree->problems, (struct place){file, 1, 1},
                    "the file says nothing; it needs at least listeners");
}

struct config *config_load(const char *path, struct problems *problems, struct file_list *seen)
{
    struct arena arena;
    struct tree tree = {.arena = &arena, .problems = problems, .seen = seen};
    arena_init(&arena, TREE_ARENA_MAX);
    const struct node *root = tree_read(&tree, path);
    expect_root(&tree, root, path);
    struct config *config = config_from(&tree, root);
    arena_clear(&arena);
    return config;
}

struct config *config_load_text(const char *name, struct text yaml, struct problems *problems)
{
    struct arena arena;
    struct tree tree = {.arena = &arena, .problems = problems};
    arena_init(&arena, TREE_ARENA_MAX);
    const struct node *root = NULL;
    if (yaml.len > TREE_FILE_MAX)
        problem_add(problems, (struct place){name, 1, 1}, "the text is too large");
    else
        root = tree_parse(&tree, name, yaml);
    if (root != NULL && node_get(root, "include") != NULL)
        problem_add(problems, node_find(root, TEXT("include"))->key_place, "include works in files only");
    expect_root(&tree, root, name);
    struct config *config = config_from(&tree, root);
    arena_clear(&arena);
    return config;
}
