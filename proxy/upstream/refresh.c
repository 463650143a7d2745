/* SPDX-License-Identifier: Apache-2.0 */
/* How an upstream takes over another roster: everything that may fail comes before anything is touched. */
#include <stdlib.h>

#include "base/map.h"
#include "base/panic.h"
#include "upstream/parts.h"

/* What a roster needs on this loop, before anything of the old one is touched. */
struct fitting {
    struct roster *roster;
    struct outlet **outlets;
    void *balance;
};

static void fitting_clear(struct fitting *fitting)
{
    for (size_t i = 0; fitting->outlets != NULL && i < fitting->roster->count; i++)
        if (fitting->outlets[i] != NULL && fitting->outlets[i]->index == CHOICE_NONE)
            outlet_free(fitting->outlets[i]); /* it is a new one */
    free(fitting->outlets);
    free(fitting->balance);
    roster_unref(fitting->roster);
}

/* Outlets stay with their endpoints. */
static bool map_outlets(const struct upstream *upstream, struct map *map)
{
    map_init(map);
    for (size_t i = 0; upstream->outlets != NULL && i < upstream->roster->count; i++)
        if (!map_insert(map, upstream->outlets[i]->pool.endpoint->name, upstream->outlets[i], NULL))
            return false;
    return true;
}

static bool fit_outlets(struct upstream *upstream, struct fitting *fitting)
{
    struct map old;
    bool fine = map_outlets(upstream, &old);
    for (size_t i = 0; fine && i < fitting->roster->count; i++) {
        struct endpoint *endpoint = fitting->roster->members[i].endpoint;
        struct outlet *outlet = map_find(&old, endpoint->name);
        fitting->outlets[i] = outlet != NULL ? outlet : outlet_new(upstream, endpoint);
        fine = fitting->outlets[i] != NULL;
    }
    map_clear(&old);
    return fine;
}

static bool fit(struct upstream *upstream, struct fitting *fitting)
{
    const struct roster *roster = fitting->roster;
    fitting->outlets = calloc(roster->count + 1, sizeof *fitting->outlets);
    fitting->balance = calloc(1, roster->balancer->state_size(roster) + 1);
    if (fitting->outlets == NULL || fitting->balance == NULL || !fit_outlets(upstream, fitting))
        return false;
    if (roster->balancer->start != NULL)
        roster->balancer->start(fitting->balance, roster, upstream->loop->number);
    return true;
}

/* Connections were opened in another way: they take no more requests. */
static void begin_epoch(const struct upstream *upstream, const struct roster *roster, struct pool *pool)
{
    if (roster->settings.tls != NULL && pool->resume == NULL)
        pool->resume = resume_new();
    const struct cluster_settings *before = upstream->roster != NULL ? &upstream->roster->settings : NULL;
    if (before == NULL ||
        (before->tls == roster->settings.tls && before->protocol == roster->settings.protocol))
        return;
    pool->epoch++;
    pool->multiplexes = false;
    pool_drain(pool);
}

/* Those that are in the roster know their place, the others leave. */
static void put_in_place(struct upstream *upstream, const struct fitting *fitting)
{
    size_t count = upstream->roster != NULL ? upstream->roster->count : 0;
    for (size_t i = 0; i < count; i++)
        upstream->outlets[i]->index = CHOICE_NONE;
    for (size_t i = 0; i < fitting->roster->count; i++) {
        struct outlet *outlet = fitting->outlets[i];
        ASSERT(outlet != NULL);
        outlet->index = i;
        begin_epoch(upstream, fitting->roster, &outlet->pool);
        pool_settle(&outlet->pool, &fitting->roster->settings.pool);
    }
    for (size_t i = 0; i < count; i++)
        if (upstream->outlets[i]->index == CHOICE_NONE)
            outlet_leave(upstream, upstream->outlets[i]);
}

static void take_over(struct upstream *upstream, const struct fitting *fitting)
{
    put_in_place(upstream, fitting);
    free(upstream->outlets);
    free(upstream->balance);
    if (upstream->roster != NULL)
        roster_unref(upstream->roster);
    upstream->roster = fitting->roster;
    upstream->outlets = fitting->outlets;
    upstream->balance = fitting->balance;
}

bool upstream_refresh(struct upstream *upstream)
{
    CHECK(upstream, UPSTREAM_MAGIC);
    struct fitting fitting = {.roster = cluster_roster(upstream->cluster)};
    if (fitting.roster == upstream->roster || upstream->retired) {
        roster_unref(fitting.roster);
        return true;
    }
    if (!fit(upstream, &fitting)) {
        fitting_clear(&fitting);
        return false;
    }
    take_over(upstream, &fitting);
    for (size_t i = 0; i < upstream->roster->count; i++)
        upstream_fill(upstream, upstream->outlets[i]);
    return true;
}
