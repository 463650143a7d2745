/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is too large to be stored, while several read it: its bytes pass through in a chain of bodies, each freed when the
 * last reader has left it. There are never more than WINDOW_BODIES of them: the writer waits for the slowest reader.
 */
#ifndef CACHE_WINDOW_H
#define CACHE_WINDOW_H

#include "cache/body.h"

enum {
    WINDOW_BODIES = 4,
    WINDOW_BODY = 64 * 1024 /* bytes, and what comes at once with the last of them */
};

/* The writer's thread: what comes from now on goes to the body that is answered, a reference in place of the writer's to
 * the one that was given, which has ended. NULL when out of memory: then it is broken. */
struct cache_body *cache_window_next(struct cache_body *body);

/* The writer's: whether it waits for readers. writer is told then, once. */
bool cache_window_waits(struct cache_body *body, struct body_follower *writer);
void cache_window_leave(struct cache_body *body, struct body_follower *writer); /* is told no more */

/* Whether the writer is the only one that still has a body of the window, beside so many readers. */
bool cache_window_is_alone(const struct cache_body *body, unsigned readers);

/* For the bodies themselves: one was freed. */
void cache_window_freed(struct cache_window *window);

#endif
