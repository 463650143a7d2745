/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one worker remembers of permanent redirects that it has followed, so that the next request for the same place goes
 * where they lead at once. Bounded: a fixed number of places, each up to a size, the newer one in place of the older; each
 * for a limited time. Belongs to a view, so that a reload forgets all of it. One thread, but for what is to be forgotten.
 */
#ifndef EXCHANGE_REDIRECTS_DETOURS_H
#define EXCHANGE_REDIRECTS_DETOURS_H

#include "base/text.h"

enum {
    DETOURS_PLACES = 512,
    DETOURS_TEXT_MAX = 2048,          /* bytes of one place and where it leads */
    DETOURS_LIFETIME = 5 * 60 * 1000, /* ms, at most */
};

struct detours;

/* A place as clients ask for it. */
struct place {
    const void *route;
    struct text host; /* as the client wrote it */
    struct text path; /* and query */
};

/* NULL when out of memory. seed: so that clients can't choose which places share a slot. */
struct detours *detours_new(uint64_t seed);
void detours_free(struct detours *detours); /* NULL is fine */

/* Copies the texts. What is too long, or memory has no room for, is not remembered. until: ms, as loop->now. */
void detours_keep(struct detours *detours, const struct place *place, struct text to, uint64_t until);

/* Where it leads; good until the next detours_keep. .at is NULL when nothing is known of it. */
struct text detours_find(const struct detours *detours, const struct place *place, uint64_t now);

/* In all workers; any thread. A place, and now and then another one with it; or all of them. */
void detours_forget(const struct place *place);
void detours_forget_all(void);

#endif
