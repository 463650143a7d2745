/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document on its way from libyaml's events into nodes. Events rather than libyaml's own document,
 * because they tell quoted scalars from plain ones, give aliases their own place, and can be stopped at a
 * bound before memory is spent. Lives for one tree_parse.
 */
#ifndef CONF_READER_H
#define CONF_READER_H

#include <yaml.h>

#include "conf/tree.h"

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one that is looked at */
    bool has_event;
    bool failed; /* a problem was added after which nothing more can be read */
    struct tree *tree;
    const char *file;
    struct text yaml;
    bool guarded;         /* conf/guard.h: the guards must come off what is read */
    struct names anchors; /* value is the node, NULL while it is still being read */
};

/* Replaces the event by the next one; false after a problem. */
bool reader_next(struct reader *reader);

/* Where the event stands. */
struct place reader_place(const struct reader *reader);

/* Adds a problem and stops the reading; always false. */
bool reader_fail(struct reader *reader, struct place place, const char *sentence);

/* Counts nodes against the bound. */
bool reader_charge(struct reader *reader, size_t weight, struct place place);

/* A copy of what the event's scalar says, in the tree's arena; .at is NULL after a problem. */
struct text reader_text(struct reader *reader);

/* The node that starts at the event, which is its last event afterwards. NULL after a problem that stops
 * the reading. */
struct node *reader_node(struct reader *reader, unsigned depth);

/* Adds to the map what its "<<" key refers to, where the map doesn't say it itself. */
bool reader_merge(struct reader *reader, struct node *map, const struct node *merged);

#endif
