/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include "base/panic.h"

/* Rounds of one turn: enough for a request to go all the way through, few enough that other links get their read. */
enum { ROUNDS = 8 };

enum { SPARE_OBJECTS = 512, SPARE_ARENAS = 512 };

void loop_init(struct loop *loop, struct cells *cells)
{
    *loop = (struct loop){.magic = LOOP_MAGIC, .cells = cells};
    wheel_init(&loop->wheel, 0);
    list_init(&loop->reads);
    list_init(&loop->ready);
    list_init(&loop->dirty);
    list_init(&loop->sends);
    list_init(&loop->retired);
    list_init(&loop->inbox.letters);
    pthread_mutex_init(&loop->inbox.lock, NULL);
    chunk_pool_init(&loop->chunks);
    slab_init(&loop->arenas, ARENA_FIRST, SPARE_ARENAS);
    for (size_t i = 0; i < LOOP_SLABS; i++)
        slab_init(&loop->slabs[i], (i + 1) * LOOP_SLAB_STEP, SPARE_OBJECTS);
}

static struct slab *slab_for(struct loop *loop, size_t size)
{
    ASSERT(size > 0 && size <= LOOP_OBJECT_MAX);
    return &loop->slabs[(size - 1) / LOOP_SLAB_STEP];
}

void *loop_take(struct loop *loop, size_t size)
{
    return slab_take(slab_for(loop, size));
}

void *loop_take_as_is(struct loop *loop, size_t size)
{
    return slab_take_as_is(slab_for(loop, size));
}

void loop_give(struct loop *loop, void *object, size_t size)
{
    slab_give(slab_for(loop, size), object);
}

/* Runs what lies in the queue now; what is woken meanwhile waits for the next round. */
static void run_queue(struct list *queue)
{
    struct list batch;
    list_init(&batch);
    list_splice(&batch, queue);
    for (struct list_node *node; (node = list_pop(&batch)) != NULL;) {
        struct task *task = CONTAINER(node, struct task, node);
        task->run(task);
    }
}

void loop_clear(struct loop *loop)
{
    CHECK(loop, LOOP_MAGIC);
    while (!list_is_empty(&loop->retired))
        run_queue(&loop->retired);
    chunk_pool_clear(&loop->chunks);
    slab_clear(&loop->arenas);
    for (size_t i = 0; i < LOOP_SLABS; i++)
        slab_clear(&loop->slabs[i]);
    loop->magic = 0;
}

void loop_tell_time(struct loop *loop, uint64_t now_us)
{
    loop->now_us = now_us;
    loop->now = now_us / 1000;
    wheel_advance(&loop->wheel, loop->now);
}

static bool loop_is_quiet(const struct loop *loop)
{
    return list_is_empty(&loop->reads) && list_is_empty(&loop->ready) && list_is_empty(&loop->dirty) &&
           list_is_empty(&loop->sends);
}

bool loop_beat(struct loop *loop)
{
    for (int round = 0; round < ROUNDS && !loop_is_quiet(loop); round++) {
        run_queue(&loop->reads);
        run_queue(&loop->ready);
        run_queue(&loop->dirty);
        run_queue(&loop->sends);
    }
    run_queue(&loop->retired);
    return !loop_is_quiet(loop);
}
