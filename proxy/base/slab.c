/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

#ifdef __SANITIZE_ADDRESS__
enum { KEEPS = 0 };
#else
enum { KEEPS = 1 };
#endif

struct spare {
    struct spare *next;
};

void slab_init(struct slab *slab, size_t size, size_t keep)
{
    ASSERT(size >= sizeof(struct spare));
    *slab = (struct slab){.size = size, .keep = KEEPS ? keep : 0};
}

void slab_clear(struct slab *slab)
{
    ASSERT(slab->live == 0);
    while (slab->free != NULL) {
        struct spare *spare = slab->free;
        slab->free = spare->next;
        free(spare);
    }
    slab->kept = 0;
}

void *slab_take_as_is(struct slab *slab)
{
    struct spare *spare = slab->free;
    if (spare == NULL) {
        void *fresh = malloc(slab->size);
        slab->live += fresh != NULL;
        return fresh;
    }
    slab->free = spare->next;
    slab->kept--;
    slab->live++;
    return spare;
}

void *slab_take(struct slab *slab)
{
    void *taken = slab_take_as_is(slab);
    return taken == NULL ? NULL : memset(taken, 0, slab->size);
}

void slab_give(struct slab *slab, void *object)
{
    if (object == NULL)
        return;
    slab->live--;
    if (slab->kept == slab->keep) {
        free(object);
        return;
    }
    struct spare *spare = object;
    spare->next = slab->free;
    slab->free = spare;
    slab->kept++;
}
