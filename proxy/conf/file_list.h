/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a load looked at, also in vain, and the folders where a new one would count: what must be watched to know
 * when another load would find something else. Each has a mark, taken before it was read, so that a change while it was
 * read isn't missed. Owns its paths; one thread at a time.
 */
#ifndef CONF_FILE_LIST_H
#define CONF_FILE_LIST_H

#include "base/arena.h"
#include "base/map.h"

/* Of more files than that, the rest is left out. */
#define FILE_LIST_MAX 4096

struct file_seen {
    struct file_seen *next;
    struct text path;
    uint64_t mark;
};

struct file_list {
    struct arena arena;
    struct map paths;
    struct file_seen *first; /* the last one that was added */
    size_t count;
};

/* Can be moved (copied and forgotten) between the two. */
void file_list_init(struct file_list *list);
void file_list_clear(struct file_list *list);

/* Adds a path unless it is there; the list may be NULL: nobody wants to know. */
void file_list_add(struct file_list *list, struct text path);

/* Differs, with all likelihood, when the file at the end of all links is another or was changed. 0: there is none. */
uint64_t file_mark(const char *path);

#endif
