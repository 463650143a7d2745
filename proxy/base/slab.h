/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slab hands out objects of one size and keeps a bounded number of freed ones for the next. Per loop, not shared
 * between threads. Under AddressSanitizer every object comes from malloc, so that its use after free is seen.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

struct slab {
    size_t size; /* bytes of an object */
    size_t keep; /* freed objects kept at most */
    size_t kept;
    size_t live; /* objects handed out */
    void *free;
};

void slab_init(struct slab *slab, size_t size, size_t keep);

/* Frees what is kept; every object must have been given back. */
void slab_clear(struct slab *slab);

/* Zeroed; NULL when out of memory. */
void *slab_take(struct slab *slab);

/* The same with whatever bytes there are. */
void *slab_take_as_is(struct slab *slab);
void slab_give(struct slab *slab, void *object);

#endif
