/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map of the tree together with its shape: reads the keys' values, or their defaults from the schema where
 * a key isn't given. The tree may be malformed (validate has reported it): what isn't as it should be counts
 * as not given. A value, copied freely; owns nothing.
 */
#ifndef CONF_SECTION_H
#define CONF_SECTION_H

#include "conf/schema.h"
#include "conf/tree.h"

struct section {
    const struct node *node; /* NULL: not given, everything has its default */
    const struct shape *shape;
};

struct section section_root(const struct node *root);

/* The map at a key; an empty section when it isn't there. The key must be one of the shape. */
struct section section_map(struct section section, const char *key);

/* The value's node, NULL when it isn't given. */
const struct node *section_node(struct section section, const char *key);

/* As schema_read: ms, bytes, counts, 0 or 1, positions of words. */
uint64_t section_number(struct section section, const char *key);

/* The text as it is written; points into the tree. Empty when neither given nor with a default. */
struct text section_text(struct section section, const char *key);

/* The children of a list or map at a key. A value that may stand for a list of itself is returned in
 * *single, whose memory is the caller's. NULL when there are none. */
const struct item *section_items(struct section section, const char *key, struct item *single);
size_t section_count(struct section section, const char *key);

/* The section of an item of the list or named map at a key; a single value in place of a map is its
 * shorthand. */
struct section section_item(struct section section, const char *key, const struct item *item);

#endif
