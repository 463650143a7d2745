/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/section.h"

#include <assert.h>

struct section section_root(const struct node *root)
{
    return (struct section){root, &schema_root};
}

static const struct key *key_of(struct section section, const char *key)
{
    const struct key *found = schema_key(section.shape, text_of(key));
    assert(found != NULL);
    return found;
}

const struct node *section_node(struct section section, const char *key)
{
    const struct node *node = section.node;
    if (node == NULL || node->kind == NODE_MAP)
        return node_get(node, key);
    bool stands_for = section.shape->shorthand != NULL && strcmp(section.shape->shorthand, key) == 0;
    return stands_for && node->kind == NODE_SCALAR ? node : NULL;
}

struct section section_map(struct section section, const char *key)
{
    return (struct section){section_node(section, key), key_of(section, key)->shape};
}

struct text section_text(struct section section, const char *key)
{
    const struct node *node = section_node(section, key);
    if (node != NULL && node->kind == NODE_SCALAR)
        return node->text;
    const char *fallback = key_of(section, key)->fallback;
    return fallback == NULL ? TEXT("") : text_of(fallback);
}

uint64_t section_number(struct section section, const char *key)
{
    uint64_t value = 0;
    const struct key *known = key_of(section, key);
    if (schema_read(known->shape, section_text(section, key), &value) != NULL && known->fallback != NULL)
        (void)schema_read(known->shape, text_of(known->fallback), &value);
    return value;
}

const struct item *section_items(struct section section, const char *key, struct item *single)
{
    struct node *node = node_get(section.node, key);
    const struct shape *shape = key_of(section, key)->shape;
    if (node == NULL)
        return NULL;
    bool listed = shape->kind == SHAPE_LIST ? node->kind == NODE_LIST : node->kind == NODE_MAP;
    if (listed)
        return node->first;
    if (shape->kind != SHAPE_LIST || !shape->one || node_is_nothing(node))
        return NULL;
    *single = (struct item){.value = node};
    return single;
}

size_t section_count(struct section section, const char *key)
{
    struct item single;
    size_t count = 0;
    for (const struct item *item = section_items(section, key, &single); item != NULL; item = item->next)
        count++;
    return count;
}

struct section section_item(struct section section, const char *key, const struct item *item)
{
    return (struct section){item->value, key_of(section, key)->shape->item};
}
