/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene: one listener with two routes, /own (answered by weir) and everything else (to one upstream), on a loop whose
 * clock is told. Clients and the backend are the far ends of links in memory; what they got lies in a buffer. The whole
 * HTTP path runs as in a worker. For unit tests and fuzz targets alike, so without cmocka.
 */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include "base/buffer.h"
#include "base/panic.h"
#include "exchange/exchange.h"
#include "exchange/front.h"
#include "net/pair.h"
#include "upstream/connector.h"

enum { SCENE_PEERS = 16 };

/* The far end of a connection: a client, or the backend. */
struct peer {
    struct link *link; /* NULL: closed by weir, or never opened */
    struct buffer got;
    bool eof;
    unsigned port; /* of a backend: what was dialled */
};

struct scene {
    struct loop loop;
    struct cells *cells;
    uint64_t now; /* ms */
    struct front_settings front_settings;
    struct endpoint_settings endpoint;
    struct cluster_settings cluster;
    struct route_settings routes[2];
    struct snapshot_settings settings;
    struct snapshot *snapshot;
    struct lane lane;
    struct front *front;
    struct dialer dialer;
    bool refuse; /* connections to the backend break */
    struct peer clients[SCENE_PEERS];
    struct peer backends[SCENE_PEERS];
    size_t client_count, backend_count;
};

static inline void peer_input(void *user, struct slice slice)
{
    struct peer *peer = user;
    buffer_add(&peer->got, (struct text){slice.at, slice.len});
}

static inline void peer_marked(void *user)
{
    struct peer *peer = user;
    if ((peer->link->marks & LINK_EOF) != 0)
        peer->eof = true;
    if ((peer->link->marks & LINK_BROKEN) != 0) {
        peer->eof = true;
        link_close(peer->link);
        peer->link = NULL;
    }
}

static inline void peer_drained(void *user)
{
    (void)user;
}

static inline void scene_run(struct scene *scene)
{
    for (int i = 0; i < 1000 && loop_beat(&scene->loop); i++)
        continue;
}

static inline void scene_pass(struct scene *scene, uint64_t ms)
{
    for (uint64_t step; ms > 0; ms -= step) {
        step = ms < 50 ? ms : 50;
        scene->now += step;
        loop_tell_time(&scene->loop, scene->now * 1000);
        scene_run(scene);
    }
}

static inline struct link *peer_open(struct loop *loop, struct peer *peer)
{
    static const struct link_user user = {peer_input, peer_marked, peer_drained};
    struct pair_end *ends[2];
    ASSERT(pair_new(loop, ends));
    *peer = (struct peer){.link = &ends[1]->link};
    link_use(peer->link, &user, peer);
    return &ends[0]->link;
}

static inline struct link *scene_dial(const struct dialer *dialer, struct loop *loop,
                                      const struct address *address)
{
    struct scene *scene = CONTAINER(dialer, struct scene, dialer);
    if (scene->refuse || scene->backend_count == SCENE_PEERS)
        return NULL;
    struct peer *backend = &scene->backends[scene->backend_count++];
    struct link *link = peer_open(loop, backend);
    backend->port = address_is_unix(address) ? 0 : address_port(address);
    return link;
}

static inline void scene_settings(struct scene *scene)
{
    *scene = (struct scene){0};
    scene->now = 1000;
    scene->front_settings = (struct front_settings){.name = TEXT("web"),
                                                    .http = {.header_size = 8192,
                                                             .headers = 50,
                                                             .header_timeout = 10000,
                                                             .body_timeout = 30000,
                                                             .idle_timeout = 75000}};
    scene->endpoint = (struct endpoint_settings){.name = TEXT("127.0.0.1:9"), .weight = 1};
    address_read(TEXT("127.0.0.1:9"), &scene->endpoint.address);
    scene->cluster = (struct cluster_settings){
        .name = TEXT("app"),
        .endpoints = &scene->endpoint,
        .endpoint_count = 1,
        .pool = {.idle = 8, .idle_timeout = 60000, .pending = 8, .pending_timeout = 5000}};
    scene->routes[0] = (struct route_settings){.name = TEXT("own"),
                                               .path_match = PATH_PREFIX,
                                               .path = TEXT("/own"),
                                               .target = TARGET_RESPOND,
                                               .respond = {.status = 200, .body = TEXT("mine")}};
    scene->routes[1] =
        (struct route_settings){.name = TEXT("all"),
                                .target = TARGET_UPSTREAM,
                                .timeouts = {.connect = 2000, .first_byte = 30000, .idle = 60000},
                                .retries = {.attempts = 2, .budget = 20, .on = RETRY_CONNECT | RETRY_RESET}};
    scene->settings = (struct snapshot_settings){.fronts = &scene->front_settings,
                                                 .front_count = 1,
                                                 .routes = scene->routes,
                                                 .route_count = 2,
                                                 .clusters = &scene->cluster,
                                                 .cluster_count = 1};
}

/* After scene_settings, and what the test changes of them. */
static inline void scene_start(struct scene *scene)
{
    scene->cells = cells_new();
    ASSERT(scene->cells != NULL);
    loop_init(&scene->loop, scene->cells);
    loop_tell_time(&scene->loop, scene->now * 1000);
    scene->snapshot = snapshot_new(&scene->settings, NULL, NULL);
    ASSERT(scene->snapshot != NULL && lane_init(&scene->lane, &scene->loop, scene->snapshot));
    snapshot_unref(scene->snapshot);
    scene->dialer = (struct dialer){scene_dial};
    for (size_t i = 0; i < scene->settings.cluster_count; i++)
        upstream_dial_with(scene->lane.view->upstreams[i], &scene->dialer);
    scene->front = front_new(&scene->lane, &scene->snapshot->fronts[0]);
    ASSERT(scene->front != NULL);
}

static inline struct peer *scene_connect(struct scene *scene)
{
    ASSERT(scene->client_count < SCENE_PEERS);
    struct peer *client = &scene->clients[scene->client_count++];
    front_take(scene->front, peer_open(&scene->loop, client));
    scene_run(scene);
    return client;
}

static inline void peer_send(struct scene *scene, struct peer *peer, struct text bytes)
{
    if (peer->link == NULL)
        return;
    ASSERT(chain_copy(&peer->link->out, bytes.at, bytes.len));
    link_dirty(peer->link);
    scene_run(scene);
}

static inline void peer_close(struct scene *scene, struct peer *peer)
{
    if (peer->link != NULL)
        link_close(peer->link);
    peer->link = NULL;
    scene_run(scene);
}

static inline void scene_end(struct scene *scene)
{
    for (size_t i = 0; i < scene->client_count; i++)
        peer_close(scene, &scene->clients[i]);
    front_close(scene->front);
    scene_run(scene);
    for (size_t i = 0; i < scene->backend_count; i++)
        peer_close(scene, &scene->backends[i]);
    scene_pass(scene, 3000);
    ASSERT(list_is_empty(&scene->lane.fronts));
    ASSERT(scene->lane.running_count == 0);
    lane_clear(&scene->lane);
    scene_run(scene);
    loop_clear(&scene->loop);
    cells_free(scene->cells);
    for (size_t i = 0; i < SCENE_PEERS; i++) {
        buffer_clear(&scene->clients[i].got);
        buffer_clear(&scene->backends[i].got);
    }
}

#endif
