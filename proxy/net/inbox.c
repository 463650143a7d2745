/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inbox.h"

void inbox_send(struct loop *loop, struct letter *letter)
{
    pthread_mutex_lock(&loop->inbox.lock);
    bool first = list_is_empty(&loop->inbox.letters);
    if (!list_is_linked(&letter->node))
        list_push(&loop->inbox.letters, &letter->node);
    if (first && loop->inbox.ring != NULL)
        loop->inbox.ring(loop->inbox.bell);
    pthread_mutex_unlock(&loop->inbox.lock);
}

void inbox_hang(struct loop *loop, void (*ring)(void *bell), void *bell)
{
    pthread_mutex_lock(&loop->inbox.lock);
    loop->inbox.ring = ring;
    loop->inbox.bell = bell;
    pthread_mutex_unlock(&loop->inbox.lock);
}

void inbox_cancel(struct loop *loop, struct letter *letter)
{
    pthread_mutex_lock(&loop->inbox.lock);
    list_remove(&letter->node);
    pthread_mutex_unlock(&loop->inbox.lock);
}

void inbox_open(struct loop *loop)
{
    pthread_mutex_lock(&loop->inbox.lock);
    LIST_EACH_SAFE(&loop->inbox.letters, node)
    {
        list_remove(node);
        task_wake(&loop->ready, CONTAINER(node, struct letter, node)->task);
    }
    pthread_mutex_unlock(&loop->inbox.lock);
}
