/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/coded.h"

struct cache_body *coded_find(const struct cache_body *body, enum coding coding)
{
    return atomic_load_explicit(&body->coded[coding], memory_order_acquire);
}

bool coded_claim(struct cache_body *body, enum coding coding)
{
    unsigned bit = 1u << coding;
    return (atomic_fetch_or_explicit(&body->coded_claims, bit, memory_order_relaxed) & bit) == 0;
}

void coded_give_up(struct cache_body *body, enum coding coding)
{
    atomic_fetch_and_explicit(&body->coded_claims, ~(1u << coding), memory_order_relaxed);
}

void coded_add(struct cache_body *body, enum coding coding, struct cache_body *coded)
{
    atomic_store_explicit(&body->coded[coding], coded, memory_order_release);
}

size_t coded_taken(const struct cache_body *body)
{
    size_t taken = 0;
    for (int i = 0; i < CODING_COUNT; i++) {
        const struct cache_body *coded = coded_find(body, (enum coding)i);
        taken += coded == NULL ? 0 : coded->taken;
    }
    return taken;
}
