/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task is something to run later in this turn: it lies in at most one queue, and waking it again while it lies there
 * does nothing. Embedded in the object that it runs; owns nothing.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "base/list.h"

struct task {
    struct list_node node;
    void (*run)(struct task *task);
};

static inline void task_wake(struct list *queue, struct task *task)
{
    if (!list_is_linked(&task->node))
        list_push(queue, &task->node);
}

static inline void task_cancel(struct task *task)
{
    list_remove(&task->node);
}

#endif
