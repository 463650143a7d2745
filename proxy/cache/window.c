/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/window.h"

#include <stdlib.h>

/* One for all bodies of a chain but the first, which an object has; lives as long as any of them. */
struct cache_window {
    pthread_mutex_t lock;
    unsigned bodies;
    struct body_follower *writer; /* waits; NULL: nobody */
};

static struct cache_window *window_new(void)
{
    struct cache_window *window = calloc(1, sizeof *window);
    if (window != NULL)
        pthread_mutex_init(&window->lock, NULL);
    return window;
}

static void join(struct cache_body *body, struct cache_window *window)
{
    pthread_mutex_lock(&window->lock);
    window->bodies++;
    pthread_mutex_unlock(&window->lock);
    body->window = window;
}

struct cache_body *cache_window_next(struct cache_body *body)
{
    struct cache_window *window = body->window == NULL ? window_new() : body->window;
    struct cache_body *next = window == NULL ? NULL : cache_body_new_passing(WINDOW_BODY);
    if (next != NULL) {
        join(next, window);
        atomic_store_explicit(&body->next, cache_body_ref(next), memory_order_release);
    } else if (window != body->window) {
        free(window);
    }
    cache_body_end(body, next != NULL ? CACHE_BODY_CONTINUES : CACHE_BODY_BROKEN);
    cache_body_unref(body);
    return next;
}

bool cache_window_waits(struct cache_body *body, struct body_follower *writer)
{
    struct cache_window *window = body->window;
    if (window == NULL)
        return false;
    pthread_mutex_lock(&window->lock);
    bool waits = window->bodies > WINDOW_BODIES;
    window->writer = waits ? writer : NULL;
    pthread_mutex_unlock(&window->lock);
    return waits;
}

void cache_window_leave(struct cache_body *body, struct body_follower *writer)
{
    struct cache_window *window = body->window;
    if (window == NULL)
        return;
    pthread_mutex_lock(&window->lock);
    if (window->writer == writer)
        window->writer = NULL;
    pthread_mutex_unlock(&window->lock);
}

bool cache_window_is_alone(const struct cache_body *body, unsigned readers)
{
    struct cache_window *window = body->window;
    if (window == NULL || atomic_load_explicit(&body->refs, memory_order_acquire) > 1 + readers)
        return false;
    pthread_mutex_lock(&window->lock);
    bool single = window->bodies == 1;
    pthread_mutex_unlock(&window->lock);
    return single;
}

void cache_window_freed(struct cache_window *window)
{
    pthread_mutex_lock(&window->lock);
    bool last = --window->bodies == 0;
    if (window->bodies == WINDOW_BODIES && window->writer != NULL) {
        window->writer->tell(window->writer);
        window->writer = NULL;
    }
    pthread_mutex_unlock(&window->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&window->lock);
    free(window);
}
