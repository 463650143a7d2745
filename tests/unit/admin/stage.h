/* SPDX-License-Identifier: Apache-2.0 */
/* A scene whose listener is the admin's, beside a snapshot with one upstream "app" that it tells about. */
#ifndef ADMIN_STAGE_H
#define ADMIN_STAGE_H

#include <stdio.h>

#include <cmocka.h>

#include "admin/admin.h"
#include "admin/gauges.h"
#include "support/scene.h"

struct stage {
    struct scene scene;
    struct admin_state state;
    struct snapshot_settings served;
    struct snapshot *serving;
    struct admin *admin;
    struct gauges gauges;
};

/* scene.front is the site's first listener. */
static inline void stage_start_with(struct stage *stage, const struct admin_settings *settings)
{
    *stage = (struct stage){0};
    struct scene *scene = &stage->scene;
    scene_settings(scene);
    stage->served = (struct snapshot_settings){.clusters = &scene->cluster, .cluster_count = 1};
    stage->serving = snapshot_new(&stage->served, NULL, NULL);
    assert_non_null(stage->serving);
    atomic_store(&stage->state.ready, true);
    atomic_store(&stage->state.generation, 1);
    gauges_add(&stage->gauges, &stage->state);
    stage->admin = admin_new(settings, stage->serving, &stage->state);
    assert_non_null(stage->admin);
    snapshot_unref(stage->serving); /* the admin has its own reference */
    scene->settings = *admin_site(stage->admin);
    scene->settings.clusters = &scene->cluster; /* a scene has one */
    scene->settings.cluster_count = 1;
    scene_start(scene);
}

static inline void stage_start(struct stage *stage, const char *listen, const char *token)
{
    struct admin_settings settings = {.token = text_of(token)};
    assert_null(address_read(text_of(listen), &settings.listen));
    stage_start_with(stage, &settings);
}

/* The listener for probes alone; the token isn't asked for there. */
static inline void stage_start_probes(struct stage *stage)
{
    struct admin_settings settings = {.token = TEXT("s3cret")};
    assert_null(address_read(TEXT("0.0.0.0:9901"), &settings.probes));
    stage_start_with(stage, &settings);
}

static inline void stage_end(struct stage *stage)
{
    scene_end(&stage->scene);
    admin_free(stage->admin);
    gauges_remove(&stage->gauges);
}

/* What one request on a connection of its own is answered with. fields: whole lines; good until the next. */
static inline struct text stage_ask(struct stage *stage, const char *line, const char *fields)
{
    struct buffer request = BUFFER_EMPTY;
    struct scene *scene = &stage->scene;
    if (scene->client_count > 0) {
        struct peer *last = &scene->clients[--scene->client_count];
        peer_close(scene, last);
        buffer_clear(&last->got);
    }
    struct peer *client = scene_connect(scene);
    buffer_printf(&request, "%s HTTP/1.1\r\n%s\r\n", line, fields);
    peer_send(scene, client, buffer_text(&request));
    buffer_clear(&request);
    return buffer_text(&client->got);
}

/* The same with a body, from a client that is at home. */
static inline struct text stage_send(struct stage *stage, const char *line, const char *body)
{
    char fields[256];
    snprintf(fields, sizeof fields, "Host: localhost\r\nContent-Length: %zu\r\n", strlen(body));
    (void)stage_ask(stage, line, fields);
    struct peer *client = &stage->scene.clients[stage->scene.client_count - 1];
    if (body[0] != '\0')
        peer_send(&stage->scene, client, text_of(body));
    return buffer_text(&client->got);
}

/* From a client that is at home. */
static inline struct text stage_get(struct stage *stage, const char *line)
{
    return stage_ask(stage, line, "Host: localhost\r\n");
}

static inline unsigned status_of(struct text answer)
{
    uint64_t status = 0;
    if (answer.len < 12 || !text_starts(answer, TEXT("HTTP/1.1 ")))
        return 0;
    return text_to_number(text_sub(answer, 9, 3), 999, &status) ? (unsigned)status : 0;
}

static inline bool says(struct text answer, const char *part)
{
    return text_contains(answer, text_of(part));
}

#endif
