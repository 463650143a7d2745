/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/lane.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/format.h"
#include "base/panic.h"
#include "exchange/exchange.h"

enum { SPARE_EXCHANGES = 256 };

/* Limits on what backends answer. */
static const struct http_settings answers = {.header_size = 64 * 1024, .headers = 200};

static bool lane_fill(struct lane *lane)
{
    struct snapshot *snapshot = lane->snapshot;
    lane->upstreams = calloc(snapshot->settings->cluster_count + 1, sizeof(struct upstream *));
    if (lane->upstreams == NULL)
        return false;
    for (size_t i = 0; i < snapshot->settings->cluster_count; i++) {
        lane->upstreams[i] = upstream_new(lane->loop, snapshot->clusters[i], &answers);
        if (lane->upstreams[i] == NULL)
            return false;
    }
    return true;
}

bool lane_init(struct lane *lane, struct loop *loop, struct snapshot *snapshot)
{
    *lane = (struct lane){.magic = LANE_MAGIC, .loop = loop, .snapshot = snapshot};
    snapshot_ref(snapshot);
    list_init(&lane->running);
    slab_init(&lane->exchanges, sizeof(struct exchange), SPARE_EXCHANGES);
    if (getrandom(&lane->request_ids, sizeof lane->request_ids, 0) != sizeof lane->request_ids)
        lane->request_ids = (uint64_t)time(NULL) ^ (uintptr_t)lane;
    if (lane_fill(lane))
        return true;
    lane_clear(lane);
    return false;
}

void lane_clear(struct lane *lane)
{
    CHECK(lane, LANE_MAGIC);
    ASSERT(list_is_empty(&lane->running));
    for (size_t i = 0; lane->upstreams != NULL && i < lane->snapshot->settings->cluster_count; i++)
        if (lane->upstreams[i] != NULL)
            upstream_retire(lane->upstreams[i]);
    free(lane->upstreams);
    slab_clear(&lane->exchanges);
    snapshot_unref(lane->snapshot);
    lane->magic = 0;
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
