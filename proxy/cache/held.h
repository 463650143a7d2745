/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was taken out of a store while somebody reads or fills it: its memory counts against the limit until it is freed, or
 * slow clients would hold any number of answers that were purged, replaced, or turned out too large. The shard's lock is
 * held in all of them.
 */
#ifndef CACHE_HELD_H
#define CACHE_HELD_H

#include "cache/shard.h"

/* An object with this body came into the shard again, or for the first time. */
void held_linked(struct cache_body *body);

/* One left that somebody holds, and counted for so many bytes. */
void held_unlinked(struct shard *shard, struct cache_body *body, size_t bytes);

/* It has left, and counts for so many bytes now; nothing when it was never there. */
void held_resize(struct cache_body *body, size_t bytes);

#endif
