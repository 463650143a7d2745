/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/redirects/detours.h"

#include <stdatomic.h>
#include <stdlib.h>

/* How often places were to be forgotten, by their hash. Relaxed: whoever asked for it did so before any request that must
 * not know them any more came in. */
enum { LANES = 256 };
static _Atomic uint32_t changes[LANES];

struct detour {
    const void *route;
    uint64_t until;
    uint32_t changes; /* of its lane, when it was kept */
    char *texts;      /* host, path and to behind one another; NULL: a free slot */
    size_t host_len, path_len, to_len;
};

struct detours {
    uint64_t seed;
    struct detour at[DETOURS_PLACES];
};

struct detours *detours_new(uint64_t seed)
{
    struct detours *detours = calloc(1, sizeof *detours);
    if (detours != NULL)
        detours->seed = seed;
    return detours;
}

void detours_free(struct detours *detours)
{
    for (size_t i = 0; detours != NULL && i < DETOURS_PLACES; i++)
        free(detours->at[i].texts);
    free(detours);
}

static size_t slot_of(const struct detours *detours, const struct place *place)
{
    uint64_t hash = text_hash(place->host, detours->seed ^ (uintptr_t)place->route);
    return text_hash(place->path, hash) % DETOURS_PLACES;
}

static _Atomic uint32_t *lane_of(const struct place *place)
{
    return &changes[text_hash(place->path, text_hash(place->host, 0)) % LANES];
}

static uint32_t changes_of(const struct place *place)
{
    return atomic_load_explicit(lane_of(place), memory_order_relaxed);
}

void detours_forget(const struct place *place)
{
    atomic_fetch_add_explicit(lane_of(place), 1, memory_order_relaxed);
}

void detours_forget_all(void)
{
    for (size_t i = 0; i < LANES; i++)
        atomic_fetch_add_explicit(&changes[i], 1, memory_order_relaxed);
}

void detours_keep(struct detours *detours, const struct place *place, struct text to, uint64_t until)
{
    size_t host = place->host.len, path = place->path.len;
    if (host + path + to.len > DETOURS_TEXT_MAX)
        return;
    char *texts = malloc(host + path + to.len + 1);
    if (texts == NULL)
        return;
    if (host > 0)
        memcpy(texts, place->host.at, host);
    if (path > 0)
        memcpy(texts + host, place->path.at, path);
    if (to.len > 0)
        memcpy(texts + host + path, to.at, to.len);
    struct detour *detour = &detours->at[slot_of(detours, place)];
    free(detour->texts);
    *detour = (struct detour){place->route, until, changes_of(place), texts, host, path, to.len};
}

struct text detours_find(const struct detours *detours, const struct place *place, uint64_t now)
{
    const struct detour *detour = &detours->at[slot_of(detours, place)];
    if (detour->texts == NULL || detour->route != place->route || now >= detour->until ||
        detour->changes != changes_of(place))
        return TEXT_NONE;
    const char *path = detour->texts + detour->host_len;
    if (!text_equal((struct text){detour->texts, detour->host_len}, place->host) ||
        !text_equal((struct text){path, detour->path_len}, place->path))
        return TEXT_NONE;
    return (struct text){path + detour->path_len, detour->to_len};
}
