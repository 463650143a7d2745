/* SPDX-License-Identifier: Apache-2.0 */
#include "net/link.h"

#include "base/panic.h"

static void link_flush(struct task *task)
{
    struct link *link = CONTAINER(task, struct link, flush);
    CHECK(link, LINK_MAGIC);
    if (link->closed || (link->marks & LINK_BROKEN) != 0 || (link->marks & LINK_OPEN) == 0)
        return;
    link->ops->flush(link);
}

void link_init(struct link *link, const struct link_ops *ops, struct loop *loop)
{
    link->magic = LINK_MAGIC;
    link->ops = ops;
    link->loop = loop;
    link->flush.run = link_flush;
    chain_init(&link->out, &loop->chunks);
}

void link_use(struct link *link, const struct link_user *user, void *owner)
{
    link->user = user;
    link->owner = owner;
}

void link_mark(struct link *link, unsigned mark)
{
    if ((link->marks & mark) != 0 || link->closed)
        return;
    link->marks |= mark;
    if (link->user != NULL)
        link->user->marked(link->owner);
}

void link_break(struct link *link, const struct fault *fault)
{
    if (link->fault == NULL)
        link->fault = fault;
    chain_clear(&link->out);
    link_mark(link, LINK_BROKEN);
}

void link_pause(struct link *link, bool pause)
{
    if (link->paused == pause || link->closed || (link->marks & (LINK_BROKEN | LINK_EOF)) != 0)
        return;
    link->paused = pause;
    link->ops->pause(link, pause);
}

void link_finish(struct link *link)
{
    link->marks |= LINK_FINISH;
    link_dirty(link);
}

static void close_with(struct link *link, bool reset)
{
    CHECK(link, LINK_MAGIC);
    if (link->closed)
        return;
    link->closed = true;
    link->user = NULL;
    task_cancel(&link->flush);
    chain_clear(&link->out);
    link->ops->close(link, reset);
}

void link_close(struct link *link)
{
    close_with(link, false);
}

void link_reset(struct link *link)
{
    close_with(link, true);
}
