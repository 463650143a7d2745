/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint as one loop sees it: from the roster that brought it until nothing uses it any more. */
#include <stdlib.h>

#include "base/panic.h"
#include "upstream/parts.h"

void outlet_free(struct outlet *outlet)
{
    pool_clear(&outlet->pool);
    free(outlet);
}

static void run_retire(struct task *task)
{
    outlet_free(CONTAINER(task, struct outlet, retire));
}

struct outlet *outlet_new(struct upstream *upstream, struct endpoint *endpoint)
{
    struct outlet *outlet = calloc(1, sizeof *outlet);
    if (outlet == NULL)
        return NULL;
    outlet->index = CHOICE_NONE;
    outlet->retire.run = run_retire;
    list_init(&outlet->waiting);
    pool_init(&outlet->pool, upstream->loop, endpoint, &(struct pool_settings){0});
    return outlet;
}

void outlet_leave(struct upstream *upstream, struct outlet *outlet)
{
    ASSERT(outlet->index == CHOICE_NONE && !list_is_linked(&outlet->node));
    list_push(&upstream->leaving, &outlet->node);
    pool_drain(&outlet->pool);
    outlet_settle(outlet);
}

void outlet_settle(struct outlet *outlet)
{
    const struct pool *pool = &outlet->pool;
    bool left = list_is_linked(&outlet->node);
    if (!left || pool->open != 0 || pool->connecting != 0 || outlet->claims != 0)
        return;
    list_remove(&outlet->node);
    loop_retire(pool->loop, &outlet->retire);
}
