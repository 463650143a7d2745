/* SPDX-License-Identifier: Apache-2.0 */
/* nghttp2's memory comes from the loop: a stream and its frames cost no malloc once there was one like it. */
#include <stdlib.h>

#include "http/h2/wire.h"

/* In front of each piece: free and realloc are not told the size. */
struct piece {
    size_t size; /* bytes, this header included */
    _Alignas(16) char bytes[];
};

static void *take(size_t size, void *user)
{
    struct loop *loop = user;
    size_t all = size > SIZE_MAX / 2 ? SIZE_MAX : sizeof(struct piece) + size;
    struct piece *piece = all <= LOOP_OBJECT_MAX ? loop_take_as_is(loop, all) : malloc(all);
    if (piece == NULL)
        return NULL;
    piece->size = all;
    return piece->bytes;
}

static void give(void *bytes, void *user)
{
    if (bytes == NULL)
        return;
    struct piece *piece = CONTAINER(bytes, struct piece, bytes);
    if (piece->size <= LOOP_OBJECT_MAX)
        loop_give(user, piece, piece->size);
    else
        free(piece);
}

static void *take_zeroed(size_t count, size_t size, void *user)
{
    size_t all = 0;
    void *bytes = __builtin_mul_overflow(count, size, &all) ? NULL : take(all, user);
    return bytes == NULL ? NULL : memset(bytes, 0, all);
}

static void *change(void *bytes, size_t size, void *user)
{
    void *moved = take(size, user);
    if (moved == NULL || bytes == NULL)
        return moved;
    size_t had = CONTAINER(bytes, struct piece, bytes)->size - sizeof(struct piece);
    memcpy(moved, bytes, had < size ? had : size);
    give(bytes, user);
    return moved;
}

nghttp2_mem h2_memory(struct loop *loop)
{
    return (nghttp2_mem){loop, take, give, take_zeroed, change};
}
