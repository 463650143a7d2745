/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An intrusive doubly linked list: the node lives inside the object, so linking and unlinking never allocate.
 * A list owns nothing; an object is in at most one list per node. Not shared between threads.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next; /* NULL: in no list, so zeroed memory is an unlinked node */
    struct list_node *prev;
};

/* The head is a node of the ring and never an object. It must not move while nodes are linked. */
struct list {
    struct list_node head;
};

/* The object of this type whose member ptr points to. */
#define CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Walks from front to back; the body must not remove node (use LIST_EACH_SAFE) and must not leave the
 * list. */
#define LIST_EACH(list, node) \
    for (struct list_node *node = (list)->head.next; node != &(list)->head; node = node->next)

/* The body may remove node, but no other. */
#define LIST_EACH_SAFE(list, node)                                                                      \
    for (struct list_node *node = (list)->head.next, *after_##node = node->next; node != &(list)->head; \
         node = after_##node, after_##node = node->next)

static inline void list_init(struct list *list)
{
    list->head.next = &list->head;
    list->head.prev = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

static inline bool list_is_linked(const struct list_node *node)
{
    return node->next != NULL;
}

static inline void list_insert_(struct list_node *before, struct list_node *node)
{
    node->next = before;
    node->prev = before->prev;
    before->prev->next = node;
    before->prev = node;
}

/* At the back. The node must be unlinked. */
static inline void list_push(struct list *list, struct list_node *node)
{
    list_insert_(&list->head, node);
}

static inline void list_push_front(struct list *list, struct list_node *node)
{
    list_insert_(list->head.next, node);
}

/* Unlinks the node; harmless on one that is in no list. */
static inline void list_remove(struct list_node *node)
{
    if (!list_is_linked(node))
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = NULL;
    node->prev = NULL;
}

/* NULL when empty. */
static inline struct list_node *list_front(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.next;
}

static inline struct list_node *list_back(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.prev;
}

/* Takes the front off; NULL when empty. */
static inline struct list_node *list_pop(struct list *list)
{
    struct list_node *node = list_front(list);
    if (node != NULL)
        list_remove(node);
    return node;
}

/* Moves every node of from behind those of to; from is empty afterwards. */
static inline void list_splice(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->head.next->prev = to->head.prev;
    to->head.prev->next = from->head.next;
    from->head.prev->next = &to->head;
    to->head.prev = from->head.prev;
    list_init(from);
}

#endif
