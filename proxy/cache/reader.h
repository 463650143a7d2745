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

/* Takes over the caller's reference, also when it fails: NULL when out of memory. Its head has the object's status and
 * fields, and lies in the arena. range: of a whole body; NULL: all of it. */
struct stream *cache_reader_new(struct loop *loop, struct arena *arena, struct cache_object *object,
                                const struct byte_range *range);

#endif
