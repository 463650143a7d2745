/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for an upstream: a loop with a clock that is told, a cluster of up to three endpoints, connections in memory
 * with an origin at the far end of each, and guests that make claims. Real sessions of HTTP/1 lie in between.
 */
#ifndef UPSTREAM_STAGE_H
#define UPSTREAM_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/panic.h"
#include "net/pair.h"
#include "upstream/connector.h"
#include "upstream/upstream.h"

enum { STAGE_ORIGINS = 4096, STAGE_ENDPOINTS = 3 };

/* The far end of one connection, in the order they were dialled. */
struct origin {
    struct pair_end *near; /* while it connects */
    struct link *far;      /* NULL once it was closed */
    unsigned port;
    unsigned requests;
    unsigned answers;
    bool slow; /* near is not open yet */
};

enum dialling { DIAL_OPEN, DIAL_SLOW, DIAL_FAILS };

struct stage {
    struct loop loop;
    struct cells *cells;
    uint64_t clock; /* ms */
    struct endpoint_settings endpoints[STAGE_ENDPOINTS];
    struct cluster_settings settings;
    struct http_settings http;
    struct cluster *cluster;
    struct upstream *upstream;
    struct dialer dialer;
    enum dialling dialling; /* what becomes of the next ones */
    struct origin origins[STAGE_ORIGINS];
    size_t dialled;
};

struct guest {
    struct claim claim;
    struct task task;
    struct arena arena;
    unsigned woken;
};

static inline void guest_run(struct task *task)
{
    CONTAINER(task, struct guest, task)->woken++;
}

static inline void origin_reads(void *user, struct slice slice)
{
    struct origin *origin = user;
    for (size_t i = 0; i + 4 <= slice.len; i++)
        origin->requests += memcmp(slice.at + i, "GET ", 4) == 0;
}

static inline void origin_close(struct origin *origin)
{
    if (origin->far != NULL)
        link_close(origin->far);
    origin->far = NULL;
}

static inline void origin_marked(void *user)
{
    origin_close(user);
}

static inline void origin_drained(void *user)
{
    (void)user;
}

static inline struct link *stage_dial(const struct dialer *dialer, struct loop *loop,
                                      const struct address *address)
{
    static const struct link_user user = {origin_reads, origin_marked, origin_drained};
    struct stage *stage = CONTAINER(dialer, struct stage, dialer);
    struct pair_end *ends[2];
    if (stage->dialling == DIAL_FAILS)
        return NULL;
    assert_true(stage->dialled < STAGE_ORIGINS);
    assert_true(pair_new(loop, ends));
    struct origin *origin = &stage->origins[stage->dialled++];
    *origin = (struct origin){.near = ends[0], .far = &ends[1]->link, .port = address_port(address)};
    link_use(origin->far, &user, origin);
    origin->slow = stage->dialling == DIAL_SLOW;
    if (origin->slow)
        ends[0]->link.marks = 0;
    return &ends[0]->link;
}

static inline void stage_beat(struct stage *stage)
{
    while (loop_beat(&stage->loop))
        continue;
}

static inline void stage_pass(struct stage *stage, uint64_t ms)
{
    for (uint64_t i = 0; i < ms; i++) {
        loop_tell_time(&stage->loop, ++stage->clock * 1000);
        stage_beat(stage);
    }
}

/* A stage with weights 1; the caller changes settings, then opens it. */
static inline struct stage *stage_new(size_t endpoints)
{
    static const char *const names[STAGE_ENDPOINTS] = {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"};
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    for (size_t i = 0; i < endpoints; i++) {
        stage->endpoints[i] = (struct endpoint_settings){.name = text_of(names[i]), .weight = 1};
        assert_null(address_read(text_of(names[i]), &stage->endpoints[i].address));
    }
    stage->settings = (struct cluster_settings){.name = TEXT("app"),
                                                .endpoints = stage->endpoints,
                                                .endpoint_count = endpoints,
                                                .balance = BALANCE_ROUND_ROBIN};
    stage->settings.pool = (struct pool_settings){.idle = 64, .pending = 8};
    stage->http = (struct http_settings){.header_size = 16384, .headers = 100};
    stage->dialer = (struct dialer){.dial = stage_dial};
    stage->cells = cells_new();
    stage->clock = 1000;
    loop_init(&stage->loop, stage->cells);
    loop_tell_time(&stage->loop, stage->clock * 1000);
    return stage;
}

static inline void stage_open(struct stage *stage)
{
    stage->cluster = cluster_open(&stage->settings);
    assert_non_null(stage->cluster);
    stage->upstream = upstream_new(&stage->loop, stage->cluster, &stage->http);
    assert_non_null(stage->upstream);
    upstream_dial_with(stage->upstream, &stage->dialer);
}

/* As when the last lane leaves a snapshot: the cluster goes, connections may still run. */
static inline void stage_retires(struct stage *stage)
{
    upstream_unref(stage->upstream);
    stage->upstream = NULL;
    cluster_unref(stage->cluster);
    stage->cluster = NULL;
    stage_beat(stage);
}

/* Everything must be gone with it: the loop's memory says whether it is. */
static inline void stage_end(struct stage *stage)
{
    if (stage->upstream != NULL)
        upstream_unref(stage->upstream);
    stage_beat(stage);
    for (size_t i = 0; i < stage->dialled; i++)
        origin_close(&stage->origins[i]);
    stage_beat(stage);
    loop_clear(&stage->loop);
    cluster_unref(stage->cluster);
    cells_free(stage->cells);
    free(stage);
}

static inline void guest_init(struct guest *guest, struct stage *stage)
{
    *guest = (struct guest){.task.run = guest_run};
    arena_init(&guest->arena, 0);
    guest->claim.arena = &guest->arena;
    guest->claim.queue = &stage->loop.ready;
    guest->claim.task = &guest->task;
}

/* As upstream_claim for a new guest. */
static inline bool guest_claims(struct guest *guest, struct stage *stage)
{
    guest_init(guest, stage);
    return upstream_claim(stage->upstream, &guest->claim);
}

/* The index of the endpoint that it has. */
static inline size_t guest_index(const struct guest *guest, const struct stage *stage)
{
    return roster_find(stage->cluster->roster, guest->claim.endpoint->id);
}

static inline void guest_tried(struct guest *guest, uint64_t id)
{
    guest->claim.tried[guest->claim.tried_count++] = id;
}

static inline uint64_t stage_id(const struct stage *stage, size_t endpoint)
{
    return stage->cluster->roster->members[endpoint].endpoint->id;
}

static inline void guest_leaves(struct guest *guest)
{
    if (guest->claim.stream != NULL)
        stream_done(guest->claim.stream);
    guest->claim.stream = NULL;
    claim_end(&guest->claim);
    task_cancel(&guest->task);
    arena_clear(&guest->arena);
}

static inline void guest_sends(struct guest *guest)
{
    struct stream *stream = guest->claim.stream;
    assert_non_null(stream);
    stream->head_out.method = METHOD_GET;
    stream->head_out.method_text = TEXT("GET");
    stream->head_out.authority = TEXT("app");
    stream->head_out.path = TEXT("/");
    stream_send_head(stream);
    stream_finish(stream);
}

static inline void origin_says(struct origin *origin, const char *bytes)
{
    assert_non_null(origin->far);
    assert_true(chain_copy(&origin->far->out, bytes, strlen(bytes)));
    link_dirty(origin->far);
}

/* A whole request and answer on the stream that the guest has, over this origin's connection. */
static inline void guest_is_served(struct guest *guest, struct stage *stage, size_t origin)
{
    guest_sends(guest);
    stage_beat(stage);
    origin_says(&stage->origins[origin], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    stage_beat(stage);
    assert_int_equal(guest->claim.stream->marks & (HEAD_IN | END_IN | RESET), HEAD_IN | END_IN);
    guest_leaves(guest);
    stage_beat(stage);
}

/* Claims, gets a stream at the latest after a beat, is served. */
static inline void guest_comes_and_goes(struct guest *guest, struct stage *stage, size_t origin)
{
    guest_claims(guest, stage);
    stage_beat(stage);
    guest_is_served(guest, stage, origin);
}

static inline int64_t stage_idle(const struct stage *stage, size_t endpoint)
{
    return (int64_t)counter_sum(stage->cluster->roster->members[endpoint].endpoint->connections_idle);
}

static inline int64_t stage_active(const struct stage *stage, size_t endpoint)
{
    return (int64_t)counter_sum(stage->cluster->roster->members[endpoint].endpoint->connections_active);
}

static inline unsigned stage_load(const struct stage *stage, size_t endpoint)
{
    return atomic_load(&stage->cluster->roster->members[endpoint].endpoint->active);
}

#endif
