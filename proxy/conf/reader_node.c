/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/environment.h"
#include "conf/reader.h"

#define STANDARD_TAG "tag:yaml.org,2002:"

/* A tag like !include would be ignored otherwise, which is not what its author wants. */
static void check_tag(struct reader *reader, const yaml_char_t *tag)
{
    if (tag == NULL || tag[0] == '\0' || strcmp((const char *)tag, "!") == 0)
        return;
    if (strncmp((const char *)tag, STANDARD_TAG, strlen(STANDARD_TAG)) != 0)
        problem_add(reader->tree->problems, reader_place(reader),
                    "a tag (!...) means nothing here; quote the value if "
                    "it begins with '!'");
}

static struct node *new_node(struct reader *reader, enum node_kind kind)
{
    struct place place = reader_place(reader);
    if (!reader_charge(reader, 1, place))
        return NULL;
    struct node *node = node_new(reader->tree, kind, place);
    if (node == NULL)
        reader_fail(reader, place, "out of memory");
    return node;
}

static struct name *open_anchor(struct reader *reader, const yaml_char_t *anchor)
{
    struct text text = text_of((const char *)anchor);
    struct name *name = names_get(&reader->anchors, text);
    if (name == NULL)
        name = names_add(&reader->anchors, arena_copy(reader->tree->arena, text), reader_place(reader));
    if (name == NULL)
        reader_fail(reader, reader_place(reader), "out of memory");
    else
        name->value = NULL;
    return name;
}

/* An alias is known once its anchor's node is complete, so a node never holds itself. The alias isn't
 * named in the message: it may be a password that begins with '*'. */
static struct node *alias(struct reader *reader, unsigned depth)
{
    struct name *name = names_get(&reader->anchors, text_of((const char *)reader->event.data.alias.anchor));
    struct place place = reader_place(reader);
    if (name == NULL || name->value == NULL) {
        problem_add(
            reader->tree->problems, place,
            "this alias (*name) has no anchor (&name) above it; quote the value if it begins with '*'");
        struct node *nothing = new_node(reader, NODE_SCALAR);
        if (nothing != NULL)
            nothing->unresolved = true;
        return nothing;
    }
    struct node *node = name->value;
    if (depth + node->height > TREE_DEPTH_MAX) {
        reader_fail(reader, place, "lists and maps are nested too deeply: 64 levels at most");
        return NULL;
    }
    return reader_charge(reader, node->weight, place) ? node : NULL;
}

static struct node *scalar(struct reader *reader)
{
    const yaml_event_t *event = &reader->event;
    struct node *node = new_node(reader, NODE_SCALAR);
    if (node == NULL)
        return NULL;
    check_tag(reader, event->data.scalar.tag);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = reader_text(reader);
    if (node->text.at == NULL)
        return NULL;
    if (environment_expand(reader->tree, node))
        return node;
    reader_fail(reader, node->place, "out of memory");
    return NULL;
}

static bool add_child(struct reader *reader, struct node *parent, struct item item)
{
    return node_add(reader->tree, parent, item) || reader_fail(reader, parent->place, "out of memory");
}

static struct node *list(struct reader *reader, unsigned depth)
{
    struct node *node = new_node(reader, NODE_LIST);
    if (node == NULL)
        return NULL;
    check_tag(reader, reader->event.data.sequence_start.tag);
    while (reader_next(reader) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
        struct item item = {.value = reader_node(reader, depth + 1)};
        if (item.value == NULL || !add_child(reader, node, item))
            return NULL;
    }
    return reader->failed ? NULL : node;
}

/* Reads a key; its text stays empty when it can't be one. */
static bool read_key(struct reader *reader, unsigned depth, struct item *item)
{
    item->key = TEXT_NONE;
    item->key_place = reader_place(reader);
    if (reader->event.type == YAML_SCALAR_EVENT) {
        item->key = reader_text(reader);
        return item->key.at != NULL;
    }
    problem_add(reader->tree->problems, item->key_place, "a key must be a single word");
    return reader_node(reader, depth + 1) != NULL;
}

/* The same key again; both places are told. */
static bool is_repeated(struct reader *reader, const struct node *map, const struct item *item)
{
    const struct item *first = node_find(map, item->key);
    if (first == NULL)
        return false;
    problem_add(reader->tree->problems, item->key_place,
                "the key '%.*s' is given twice, first in line %u; keep one",
                TEXT_ARGS(text_sub(item->key, 0, text_find(item->key, ':'))), first->key_place.line);
    return true;
}

static bool map_entry(struct reader *reader, struct node *map, unsigned depth, struct node **merged)
{
    struct item item;
    bool plain =
        reader->event.type == YAML_SCALAR_EVENT && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!read_key(reader, depth, &item) || !reader_next(reader))
        return false;
    item.value = reader_node(reader, depth + 1);
    if (item.value == NULL)
        return false;
    if (plain && text_equal(item.key, TEXT("<<")) && *merged == NULL) {
        *merged = item.value;
        return true;
    }
    if (item.key.at == NULL || is_repeated(reader, map, &item))
        return true;
    return add_child(reader, map, item);
}

static struct node *map(struct reader *reader, unsigned depth)
{
    struct node *merged = NULL;
    struct node *node = new_node(reader, NODE_MAP);
    if (node == NULL)
        return NULL;
    check_tag(reader, reader->event.data.mapping_start.tag);
    while (reader_next(reader) && reader->event.type != YAML_MAPPING_END_EVENT)
        if (!map_entry(reader, node, depth, &merged))
            return NULL;
    if (reader->failed || (merged != NULL && !reader_merge(reader, node, merged)))
        return NULL;
    return node;
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static struct node *content(struct reader *reader, unsigned depth)
{
    switch (reader->event.type) {
    case YAML_ALIAS_EVENT:
        return alias(reader, depth);
    case YAML_SCALAR_EVENT:
        return scalar(reader);
    case YAML_SEQUENCE_START_EVENT:
        return list(reader, depth);
    case YAML_MAPPING_START_EVENT:
        return map(reader, depth);
    default:
        reader_fail(reader, reader_place(reader), "a value is missing");
        return NULL;
    }
}

struct node *reader_node(struct reader *reader, unsigned depth)
{
    const yaml_char_t *anchor = anchor_of(&reader->event);
    if (depth >= TREE_DEPTH_MAX) {
        reader_fail(reader, reader_place(reader), "lists and maps are nested too deeply: 64 levels at most");
        return NULL;
    }
    if (anchor == NULL)
        return content(reader, depth);
    struct text text = arena_copy(reader->tree->arena, text_of((const char *)anchor));
    if (open_anchor(reader, anchor) == NULL)
        return NULL;
    struct node *node = content(reader, depth);
    struct name *name = names_get(&reader->anchors, text);
    if (name != NULL)
        name->value = node;
    return node;
}
