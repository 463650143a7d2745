/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/roster.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/panic.h"
#include "upstream/balance/balancer.h"

static bool copy_text(struct roster *roster, struct text *text)
{
    if (text->len == 0)
        return true;
    *text = arena_copy(&roster->arena, *text);
    return text->at != NULL;
}

static bool copy_expect(struct roster *roster, struct probe_settings *probe)
{
    size_t size = probe->expect_count * sizeof *probe->expect;
    if (size == 0)
        return true;
    struct status_range *copy = arena_take(&roster->arena, size);
    if (copy == NULL)
        return false;
    memcpy(copy, probe->expect, size);
    probe->expect = copy;
    return true;
}

static bool copy_settings(struct roster *roster, const struct cluster_settings *settings)
{
    struct cluster_settings *copy = &roster->settings;
    *copy = *settings;
    copy->endpoints = NULL;
    copy->endpoint_count = 0;
    copy->discovery = (struct discovery_settings){0};
    keyring_ref(copy->tls);
    return copy_text(roster, &copy->name) && copy_text(roster, &copy->hash_on.name) &&
           copy_text(roster, &copy->sticky.cookie) && copy_text(roster, &copy->probe.path) &&
           copy_text(roster, &copy->probe.host) && copy_expect(roster, &copy->probe);
}

/* One that stands twice in the config is one member with both weights. */
static bool add_member(struct roster *roster, const struct endpoint_settings *settings, struct map *known)
{
    struct endpoint *endpoint = endpoint_get(roster->settings.name, settings);
    if (endpoint == NULL)
        return false;
    struct member *member = map_find(known, endpoint->name);
    if (member != NULL) {
        endpoint_unref(endpoint);
        member->weight += settings->weight;
        return true;
    }
    member = &roster->members[roster->count++];
    *member = (struct member){endpoint, settings->weight, settings->backup};
    return map_insert(known, endpoint->name, member, NULL);
}

static bool add_members(struct roster *roster, const struct cluster_settings *settings)
{
    struct map known;
    size_t most = settings->endpoint_count;
    roster->members = arena_take_zeroed(&roster->arena, (most + 1) * sizeof(struct member));
    bool fine = roster->members != NULL;
    map_init(&known);
    for (size_t i = 0; fine && i < most; i++)
        fine = add_member(roster, &settings->endpoints[i], &known);
    map_clear(&known);
    roster->even = settings->slow_start == 0;
    for (size_t i = 1; fine && i < roster->count; i++)
        roster->even = roster->even && roster->members[i].weight == roster->members[0].weight;
    return fine;
}

static void roster_free(struct roster *roster)
{
    if (roster->plan != NULL)
        roster->balancer->forget(roster);
    for (size_t i = 0; i < roster->count; i++)
        endpoint_unref(roster->members[i].endpoint);
    keyring_unref(roster->settings.tls);
    arena_clear(&roster->arena);
    roster->magic = 0;
    free(roster);
}

struct roster *roster_new(const struct cluster_settings *settings)
{
    struct roster *roster = calloc(1, sizeof *roster);
    if (roster == NULL)
        return NULL;
    roster->magic = ROSTER_MAGIC;
    atomic_init(&roster->refs, 1);
    arena_init(&roster->arena, 0);
    roster->balancer = balancer_of(settings->balance);
    if (copy_settings(roster, settings) && add_members(roster, settings) &&
        (roster->balancer->plan == NULL || roster->balancer->plan(roster)))
        return roster;
    roster_free(roster);
    return NULL;
}

void roster_ref(struct roster *roster)
{
    CHECK(roster, ROSTER_MAGIC);
    /* relaxed: whoever takes a reference holds one, or the cluster's lock */
    atomic_fetch_add_explicit(&roster->refs, 1, memory_order_relaxed);
}

void roster_unref(struct roster *roster)
{
    CHECK(roster, ROSTER_MAGIC);
    /* release and acquire: every thread is done with it before it is freed */
    if (atomic_fetch_sub_explicit(&roster->refs, 1, memory_order_acq_rel) == 1)
        roster_free(roster);
}

/* When the member last became fit, or will; 0: it always was. */
static uint64_t fit_since(const struct endpoint *endpoint)
{
    uint64_t came = atomic_load_explicit(&endpoint->fit_since, memory_order_relaxed);
    uint64_t returned = atomic_load_explicit(&endpoint->ejected_until, memory_order_relaxed);
    return came > returned ? came : returned;
}

uint64_t roster_weight(const struct roster *roster, size_t index, uint64_t now)
{
    const struct member *member = &roster->members[index];
    uint64_t whole = (uint64_t)member->weight * 256;
    uint64_t ramp = roster->settings.slow_start;
    if (ramp == 0)
        return whole;
    uint64_t since = fit_since(member->endpoint);
    if (since == 0 || now >= since + ramp)
        return whole;
    uint64_t grown = now > since ? now - since : 0; /* the clock of who set it may be ahead */
    uint64_t part = (uint64_t)((double)whole * (double)grown / (double)ramp);
    return part > 0 || whole == 0 ? part : 1;
}

size_t roster_find(const struct roster *roster, uint64_t id)
{
    for (size_t i = 0; i < roster->count; i++)
        if (roster->members[i].endpoint->id == id)
            return i;
    return SIZE_MAX;
}
