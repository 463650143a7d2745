/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored answer as a local stream: head_in and in are those of the object, also while its body still comes. Its memory
 * is the exchange's arena, and references to the object and its body; it ends with stream_done.
 */
#ifndef CACHE_READER_H
#define CACHE_READER_H

#include "cache/object.h"
#include "cache/range.h"
#include "http/stream.h"
#include "net/loop.h"

/* A part of a body, and the bytes that go before it. */
struct cache_part {
    struct text before;
    struct byte_range range; /* count may be 0 */
};

/* What is read of an object whose body is whole. parts live as long as the stream. */
struct cache_reading {
    struct cache_body *body; /* the object's, or what goes with it as long as it lives */
    const struct cache_part *parts;
    size_t count;
};

/* Takes over the caller's reference, also when it fails: NULL when out of memory. Its head has the object's status and
 * fields, and lies in the arena. reading: NULL for all of the object's body, which may still come. */
struct stream *cache_reader_new(struct loop *loop, struct arena *arena, struct cache_object *object,
                                const struct cache_reading *reading);

#endif
