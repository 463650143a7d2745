/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a YAML file says, as nodes that know their place: scalars, lists and maps, before anybody asked what
 * they mean. Anchors, merge keys, environment and includes are already resolved. Nodes may be shared (an
 * alias points at its anchor's node), never cyclic. All of it lives in one arena, which the caller keeps
 * until the settings are built.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/file_list.h"
#include "conf/names.h"
#include "conf/problems.h"

/* Bounds of what is read, over all files of a config. */
#define TREE_FILE_MAX ((size_t)16 << 20)  /* bytes of one file */
#define TREE_BYTES_MAX ((size_t)64 << 20) /* bytes of all files */
#define TREE_FILES_MAX 1000
#define TREE_INCLUDES_MAX 16   /* of an include in an include ... */
#define TREE_DEPTH_MAX 64      /* maps and lists in each other */
#define TREE_NODES_MAX 1000000 /* with every alias counted as what it stands for */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node;

/* A child: of a map with its key, of a list without. */
struct item {
    struct text key;
    struct place key_place;
    struct node *value;
    struct item *next;
};

struct node {
    enum node_kind kind;
    struct place place;
    bool quoted;           /* a scalar in quotes: an empty one is a text, not nothing */
    bool from_environment; /* some of its text isn't in the file, so messages don't show it */
    bool unresolved;       /* a problem is reported already: its text means nothing */
    unsigned height;       /* levels below it, itself included */
    size_t weight;         /* nodes below it, itself included, aliases expanded */
    struct text text;      /* of a scalar; NUL-terminated */
    struct item *first;
    struct item *last;
    size_t count;
    struct names *keys; /* of a large map: value is its item */
};

/* A config being read. */
struct tree {
    struct arena *arena;
    struct problems *problems;
    size_t weight; /* nodes so far */
    size_t bytes;  /* of files so far */
    size_t file_count;
    struct source *sources; /* every file read: conf/include.c */
    struct file_list *seen; /* and every one looked for; NULL: nobody asks */
};

struct node *node_new(struct tree *tree, enum node_kind kind, struct place place);

/* Adds a child; of a map only with a key that it doesn't have yet. False when out of memory. */
bool node_add(struct tree *tree, struct node *parent, struct item item);

/* The map's item of that key; NULL when there is none, or the node is NULL or no map. */
struct item *node_find(const struct node *map, struct text key);
/* Its value. */
struct node *node_get(const struct node *map, const char *key);

/* A scalar that says nothing: a key without a value, ~ or null. */
bool node_is_nothing(const struct node *node);

/* "a map", "a list", "a single value": for messages. */
const char *node_kind_name(const struct node *node);

/* Reads one YAML document. NULL when it has none, or after a problem that leaves nothing to look at. The
 * texts point into the tree's arena; yaml may be freed. */
struct node *tree_parse(struct tree *tree, const char *file, struct text yaml);

/* Reads the file and what it includes. NULL as above. */
struct node *tree_read(struct tree *tree, const char *path);

#endif
