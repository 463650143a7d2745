/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored answer as a local stream: head_in and in are those of the object, also while its body still comes. Its memory
 * is the exchange's arena, and references to the object and its body; it ends with stream_done.
 */
#ifndef CACHE_READER_H
#define CACHE_READER_H

#include "cache/object.h"
#include "http/stream.h"
#include "net/loop.h"

/* What of the body: all of it, or so many bytes from first on. */
struct reader_range {
    uint64_t first;
    uint64_t count;
    bool whole;
};

/* Takes over the caller's reference, also when it fails: NULL when out of memory. Its head has the object's status and
 * fields, and lies in the arena. */
struct stream *cache_reader_new(struct loop *loop, struct arena *arena, struct cache_object *object,
                                const struct reader_range *range);

#endif
