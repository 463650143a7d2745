/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/held.h"

#include "base/panic.h"
#include "cache/store.h"

static void settle(struct body_debt *debt)
{
    atomic_fetch_sub_explicit(&debt->shard->held, debt->bytes, memory_order_relaxed);
    struct cache_store *store = debt->shard->store;
    *debt = (struct body_debt){0};
    cache_store_unref(store);
}

void held_linked(struct cache_body *body)
{
    body->linked++;
    if (body->debt.settle != NULL)
        settle(&body->debt);
}

void held_unlinked(struct shard *shard, struct cache_body *body, size_t bytes)
{
    if (body->linked > 0)
        return; /* the other one counts for it */
    ASSERT(body->debt.settle == NULL);
    cache_store_ref(shard->store);
    atomic_fetch_add_explicit(&shard->held, bytes, memory_order_relaxed);
    body->debt = (struct body_debt){settle, shard, bytes};
}

void held_resize(struct cache_body *body, size_t bytes)
{
    struct body_debt *debt = &body->debt;
    if (debt->settle == NULL)
        return;
    atomic_fetch_add_explicit(&debt->shard->held, bytes - debt->bytes, memory_order_relaxed);
    debt->bytes = bytes;
}
