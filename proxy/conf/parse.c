/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/guard.h"
#include "conf/reader.h"

static bool merge_item(struct reader *reader, struct node *map, const struct item *item)
{
    if (node_find(map, item->key) != NULL)
        return true;
    if (!reader_charge(reader, item->value->weight, map->place))
        return false;
    return node_add(reader->tree, map, *item) || reader_fail(reader, map->place, "out of memory");
}

static bool merge_map(struct reader *reader, struct node *map, const struct node *merged)
{
    if (merged->kind != NODE_MAP) {
        problem_add(reader->tree->problems, merged->place,
                    "'<<' needs a map or a list of maps, usually an alias");
        return true;
    }
    for (const struct item *item = merged->first; item != NULL; item = item->next)
        if (!merge_item(reader, map, item))
            return false;
    return true;
}

/* Of several maps the first one that has a key gives its value (YAML's merge key, type "merge"). */
bool reader_merge(struct reader *reader, struct node *map, const struct node *merged)
{
    if (merged->kind != NODE_LIST)
        return merge_map(reader, map, merged);
    for (const struct item *item = merged->first; item != NULL; item = item->next)
        if (!merge_map(reader, map, item->value))
            return false;
    return true;
}

/* A second document would be ignored silently otherwise. */
static void expect_end(struct reader *reader)
{
    if (!reader_next(reader) || !reader_next(reader) || reader->event.type == YAML_STREAM_END_EVENT)
        return;
    reader_fail(reader, reader_place(reader), "a second YAML document begins here; a file can have one only");
}

static struct node *read_document(struct reader *reader)
{
    if (!reader_next(reader) || !reader_next(reader) || reader->event.type == YAML_STREAM_END_EVENT)
        return NULL;
    if (!reader_next(reader))
        return NULL;
    struct node *root = reader_node(reader, 0);
    if (root != NULL)
        expect_end(reader);
    return root;
}

struct node *tree_parse(struct tree *tree, const char *file, struct text yaml)
{
    struct reader reader = {.tree = tree, .file = file, .yaml = guard_put(yaml, tree->arena)};
    names_init(&reader.anchors, tree->arena);
    reader.guarded = reader.yaml.at != yaml.at;
    if ((yaml.len > 0 && reader.yaml.at == NULL) || yaml_parser_initialize(&reader.parser) == 0) {
        reader_fail(&reader, (struct place){file, 1, 1}, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)reader.yaml.at, reader.yaml.len);
    struct node *root = read_document(&reader);
    if (reader.has_event)
        yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return root;
}
