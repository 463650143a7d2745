/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/lane.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/format.h"
#include "base/map.h"
#include "base/panic.h"
#include "exchange/exchange.h"
#include "exchange/redirects/detours.h"

enum { SPARE_EXCHANGES = 512 };

/* Limits on what backends answer. */
static const struct http_settings answers = {.header_size = 64 * 1024, .headers = 200};

static void view_free(struct view *view)
{
    for (size_t i = 0; view->upstreams != NULL && i < view->snapshot->settings->cluster_count; i++)
        if (view->upstreams[i] != NULL)
            upstream_unref(view->upstreams[i]);
    free(view->upstreams);
    detours_free(view->detours);
    snapshot_unref(view->snapshot);
    free(view);
}

void view_unref(struct view *view)
{
    ASSERT(view->users > 0);
    if (--view->users == 0)
        view_free(view);
}

/* The upstreams of a view by the name of their cluster. */
static bool map_upstreams(const struct view *view, struct map *map)
{
    map_init(map);
    for (size_t i = 0; view != NULL && i < view->snapshot->settings->cluster_count; i++)
        if (!map_insert(map, view->snapshot->clusters[i]->name, view->upstreams[i], NULL))
            return false;
    return true;
}

/* The one that the lane has of that cluster already, or a new one. */
static struct upstream *share_upstream(struct lane *lane, const struct map *known, struct cluster *cluster)
{
    struct upstream *upstream = map_find(known, cluster->name);
    if (upstream == NULL || upstream_cluster(upstream) != cluster)
        return upstream_new(lane->loop, cluster, &answers);
    upstream_refresh(upstream);
    return upstream_ref(upstream);
}

static bool fill(struct lane *lane, struct view *view)
{
    struct map known;
    size_t count = view->snapshot->settings->cluster_count;
    bool fine = map_upstreams(lane->view, &known);
    view->upstreams = calloc(count + 1, sizeof(struct upstream *));
    fine = fine && view->upstreams != NULL;
    for (size_t i = 0; fine && i < count; i++) {
        view->upstreams[i] = share_upstream(lane, &known, view->snapshot->clusters[i]);
        fine = view->upstreams[i] != NULL;
    }
    map_clear(&known);
    return fine;
}

static struct view *view_new(struct lane *lane, struct snapshot *snapshot)
{
    struct view *view = calloc(1, sizeof *view);
    if (view == NULL)
        return NULL;
    view->snapshot = snapshot;
    view->users = 1;
    snapshot_ref(snapshot);
    if (fill(lane, view))
        return view;
    view_free(view);
    return NULL;
}

bool lane_adopt(struct lane *lane, struct snapshot *snapshot)
{
    CHECK(lane, LANE_MAGIC);
    struct view *before = lane->view;
    struct view *view = view_new(lane, snapshot);
    if (view == NULL)
        return false;
    lane->view = view;
    if (before != NULL)
        view_unref(before);
    return true;
}

void lane_refresh(struct lane *lane)
{
    CHECK(lane, LANE_MAGIC);
    for (size_t i = 0; i < lane->view->snapshot->settings->cluster_count; i++)
        upstream_refresh(lane->view->upstreams[i]);
}

bool lane_init(struct lane *lane, struct loop *loop, struct snapshot *snapshot)
{
    *lane = (struct lane){.magic = LANE_MAGIC, .loop = loop};
    list_init(&lane->running);
    list_init(&lane->mirrors);
    list_init(&lane->fronts);
    slab_init(&lane->exchanges, sizeof(struct exchange), SPARE_EXCHANGES);
    if (getrandom(&lane->random, sizeof lane->random, 0) != sizeof lane->random)
        lane->random = (uint64_t)time(NULL) ^ (uintptr_t)lane;
    return lane_adopt(lane, snapshot);
}

void lane_clear(struct lane *lane)
{
    CHECK(lane, LANE_MAGIC);
    ASSERT(list_is_empty(&lane->running) && list_is_empty(&lane->mirrors) && list_is_empty(&lane->fronts));
    view_unref(lane->view);
    slab_clear(&lane->exchanges);
    lane->magic = 0;
}

/* splitmix64 */
uint64_t lane_random(struct lane *lane)
{
    uint64_t z = lane->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct text lane_date(struct lane *lane)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (lane->date.second != (uint64_t)now.tv_sec || lane->date.len == 0) {
        lane->date.second = (uint64_t)now.tv_sec;
        lane->date.len = format_http_date(now.tv_sec, lane->date.text);
    }
    return (struct text){lane->date.text, lane->date.len};
}
