/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/redirects/detours.h"

#include <stdlib.h>

struct detour {
    const void *route;
    uint64_t until;
    char *texts; /* host, path and to behind one another; NULL: a free slot */
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
    *detour = (struct detour){place->route, until, texts, host, path, to.len};
}

struct text detours_find(const struct detours *detours, const struct place *place, uint64_t now)
{
    const struct detour *detour = &detours->at[slot_of(detours, place)];
    if (detour->texts == NULL || detour->route != place->route || now >= detour->until)
        return TEXT_NONE;
    const char *path = detour->texts + detour->host_len;
    if (!text_equal((struct text){detour->texts, detour->host_len}, place->host) ||
        !text_equal((struct text){path, detour->path_len}, place->path))
        return TEXT_NONE;
    return (struct text){path + detour->path_len, detour->to_len};
}
