/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

/* Maps up to here are searched item by item. */
#define SMALL_MAP 16

struct node *node_new(struct tree *tree, enum node_kind kind, struct place place)
{
    struct node *node = arena_take_zeroed(tree->arena, sizeof *node);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->place = place;
    node->height = 1;
    node->weight = 1;
    return node;
}

static bool index_item(struct node *map, struct item *item)
{
    struct name *name = names_add(map->keys, item->key, item->key_place);
    if (name == NULL)
        return false;
    name->value = item;
    return true;
}

static bool index_all(struct tree *tree, struct node *map)
{
    map->keys = arena_take(tree->arena, sizeof *map->keys);
    if (map->keys == NULL)
        return false;
    names_init(map->keys, tree->arena);
    for (struct item *item = map->first; item != NULL; item = item->next)
        if (!index_item(map, item))
            return false;
    return true;
}

static bool keep_index(struct tree *tree, struct node *map)
{
    if (map->keys != NULL)
        return index_item(map, map->last);
    return map->count < SMALL_MAP || index_all(tree, map);
}

bool node_add(struct tree *tree, struct node *parent, struct item item)
{
    struct item *kept = arena_take(tree->arena, sizeof *kept);
    if (kept == NULL)
        return false;
    *kept = item;
    kept->next = NULL;
    if (parent->last == NULL)
        parent->first = kept;
    else
        parent->last->next = kept;
    parent->last = kept;
    parent->count++;
    parent->weight += item.value->weight;
    if (item.value->height >= parent->height)
        parent->height = item.value->height + 1;
    return parent->kind == NODE_LIST || keep_index(tree, parent);
}

struct item *node_find(const struct node *map, struct text key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    if (map->keys != NULL) {
        struct name *name = names_get(map->keys, key);
        return name == NULL ? NULL : name->value;
    }
    struct item *item = map->first;
    while (item != NULL && !text_equal(item->key, key))
        item = item->next;
    return item;
}

struct node *node_get(const struct node *map, const char *key)
{
    struct item *item = node_find(map, text_of(key));
    return item == NULL ? NULL : item->value;
}

bool node_is_nothing(const struct node *node)
{
    if (node->kind != NODE_SCALAR || node->quoted || node->from_environment)
        return false;
    return node->text.len == 0 || text_equal(node->text, TEXT("~")) ||
           text_equal_nocase(node->text, TEXT("null"));
}

const char *node_kind_name(const struct node *node)
{
    switch (node->kind) {
    case NODE_MAP:
        return "a map";
    case NODE_LIST:
        return "a list";
    case NODE_SCALAR:
        break;
    }
    return "a single value";
}
