/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop is what one thread works on, in turns of three beats: read (links fill chunks, sessions parse), run (exchanges
 * walk their steps), flush (sessions frame, links write). It holds the queues of those beats, the clock and the memory
 * that everything on this thread shares. It knows nothing of libuv: net/pulse.h drives it there, tests drive it by hand.
 *
 * Everything of a loop belongs to its thread.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <pthread.h>

#include "base/arena.h"
#include "base/chunk.h"
#include "base/task.h"
#include "base/wheel.h"

struct cells;
struct uv_loop_s;

enum { LOOP_SLAB_STEP = 64, LOOP_SLABS = 32, LOOP_OBJECT_MAX = LOOP_SLAB_STEP * LOOP_SLABS };

struct loop {
    uint32_t magic;
    unsigned number;     /* of this loop among those that serve together, from 0 */
    uint64_t now;        /* ms, monotonic, of this turn */
    uint64_t now_us;     /* us, the same moment */
    struct wheel wheel;  /* timers, in ms */
    struct list reads;   /* tasks that parse what was left over */
    struct list ready;   /* tasks to run */
    struct list dirty;   /* sessions that have something to frame */
    struct list sends;   /* links that have something to write */
    struct list retired; /* tasks that free their object, at the end of the turn and nowhere else */
    struct chunk_pool chunks;
    struct slab arenas;            /* first blocks of arenas (arena_init_from) */
    struct slab slabs[LOOP_SLABS]; /* objects of up to 64, 128, 192, ... bytes */
    struct {
        pthread_mutex_t lock;
        struct list letters;      /* net/inbox.h */
        void (*ring)(void *bell); /* ends the loop's block, from any thread; NULL: it has none */
        void *bell;
    } inbox;
    int fd_limit;         /* accepted descriptors from this number on are closed at once; 0: none */
    struct cells *cells;  /* this thread's counters */
    struct uv_loop_s *uv; /* NULL where no real link is opened */
};

#define LOOP_MAGIC 0x6c6f6f70u

void loop_init(struct loop *loop, struct cells *cells);

/* Runs the retired tasks; every object of the loop must be gone then. */
void loop_clear(struct loop *loop);

/* Tells the time, once a turn, and fires what is due. */
void loop_tell_time(struct loop *loop, uint64_t now_us);

/* Run and flush until the queues are empty, or for a bounded number of rounds: true when something is left, and then
 * the next turn must not wait. Frees what was retired. */
bool loop_beat(struct loop *loop);

/* Memory for an object of size bytes, at most LOOP_OBJECT_MAX, zeroed; NULL when out of memory. Given back with the same
 * size. */
void *loop_take(struct loop *loop, size_t size);
void *loop_take_as_is(struct loop *loop, size_t size); /* with whatever bytes there are */
void loop_give(struct loop *loop, void *object, size_t size);

static inline void loop_retire(struct loop *loop, struct task *task)
{
    task_wake(&loop->retired, task);
}

#endif
