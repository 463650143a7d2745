/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of requests for another upstream, which the exchange itself never feels. */
#include <stdio.h>

#include <cmocka.h>

#include "exchange/mirror.h"
#include "support/scene.h"

#define ASK TEXT("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n")
#define OK TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

enum { REAL = 9, SHADOW = 19 };

/* The scene's backend on port 9, and a shadow on port 19. */
struct stage {
    struct scene scene;
    struct endpoint_settings shadow;
    struct cluster_settings clusters[2];
    struct peer *client;
    uint64_t dropped_before; /* counters outlive a stage */
};

static void prepare(struct stage *stage)
{
    *stage = (struct stage){0};
    struct scene *scene = &stage->scene;
    scene_settings(scene);
    stage->shadow = (struct endpoint_settings){.name = TEXT("127.0.0.1:19"), .weight = 1};
    address_read(stage->shadow.name, &stage->shadow.address);
    stage->clusters[0] = scene->cluster;
    stage->clusters[1] = scene->cluster;
    stage->clusters[1].name = TEXT("shadow");
    stage->clusters[1].endpoints = &stage->shadow;
    scene->settings.clusters = stage->clusters;
    scene->settings.cluster_count = 2;
    scene->routes[1].mirror = (struct mirror_settings){.cluster = 1, .percent = 100};
}

static void begin(struct stage *stage)
{
    scene_start(&stage->scene);
    stage->client = scene_connect(&stage->scene);
    stage->dropped_before = counter_sum(stage->scene.snapshot->routes[1].mirrors_dropped);
}

/* The newest connection to that port; NULL: none. */
static struct peer *backend(struct stage *stage, unsigned port)
{
    struct peer *newest = NULL;
    for (size_t i = 0; i < stage->scene.backend_count; i++)
        if (stage->scene.backends[i].port == port)
            newest = &stage->scene.backends[i];
    return newest;
}

static bool got(const struct peer *peer, const char *part)
{
    return peer != NULL && text_contains(buffer_text(&peer->got), text_of(part));
}

static uint64_t dropped(const struct stage *stage)
{
    return counter_sum(stage->scene.snapshot->routes[1].mirrors_dropped) - stage->dropped_before;
}

static void answers_fine(struct stage *stage)
{
    peer_send(&stage->scene, backend(stage, REAL), OK);
    assert_true(got(stage->client, "HTTP/1.1 200 OK\r\n"));
    assert_true(text_ends(buffer_text(&stage->client->got), TEXT("hi")));
}

static void a_copy_goes_to_the_other_upstream_and_its_answer_nowhere(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK);
    assert_true(got(backend(&stage, REAL), "GET /a?b HTTP/1.1\r\nHost: h\r\n"));
    assert_true(
        text_equal(buffer_text(&backend(&stage, REAL)->got), buffer_text(&backend(&stage, SHADOW)->got)));
    peer_send(&stage.scene, backend(&stage, SHADOW),
              TEXT("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nnope"));
    assert_int_equal(stage.client->got.len, 0);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    answers_fine(&stage);
    assert_int_equal(dropped(&stage), 0);
    /* and both connections are kept for the next one */
    peer_send(&stage.scene, stage.client, ASK);
    assert_int_equal(stage.scene.backend_count, 2);
    peer_send(&stage.scene, backend(&stage, SHADOW), OK);
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void the_answer_does_not_wait_for_the_shadow(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK);
    answers_fine(&stage);
    assert_true(list_is_empty(&stage.scene.lane.running));
    assert_int_equal(stage.scene.lane.mirror_count, 1);
    assert_int_equal(stage.scene.lane.running_count, 1);
    scene_pass(&stage.scene, 31000);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    assert_int_equal(dropped(&stage), 1);
    scene_end(&stage.scene);
}

static void a_body_is_copied_too(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"));
    assert_false(got(backend(&stage, SHADOW), "Expect"));
    peer_send(&stage.scene, stage.client, TEXT("body"));
    peer_send(&stage.scene, stage.client, TEXT("more"));
    assert_true(text_ends(buffer_text(&backend(&stage, SHADOW)->got), TEXT("\r\n\r\nbodymore")));
    assert_true(text_ends(buffer_text(&backend(&stage, REAL)->got), TEXT("\r\n\r\nbodymore")));
    peer_send(&stage.scene, backend(&stage, SHADOW), OK);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    answers_fine(&stage);
    assert_int_equal(dropped(&stage), 0);
    scene_end(&stage.scene);
}

static void a_chunked_body_is_copied_and_repeated(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));
    struct peer *first = backend(&stage, REAL);
    link_reset(first->link);
    first->link = NULL;
    scene_run(&stage.scene);
    assert_ptr_not_equal(backend(&stage, REAL), first);
    assert_true(got(backend(&stage, REAL), "4\r\nbody\r\n0\r\n\r\n"));
    assert_true(
        text_ends(buffer_text(&backend(&stage, SHADOW)->got), TEXT("\r\n\r\n4\r\nbody\r\n0\r\n\r\n")));
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void a_shadow_that_breaks_or_babbles_changes_nothing(void **state)
{
    static const char *const answers[] = {
        "", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct stage stage;
        prepare(&stage);
        begin(&stage);
        peer_send(&stage.scene, stage.client, ASK);
        struct peer *shadow = backend(&stage, SHADOW);
        if (answers[i][0] != '\0')
            peer_send(&stage.scene, shadow, text_of(answers[i]));
        if (shadow->link != NULL)
            link_reset(shadow->link);
        shadow->link = NULL;
        scene_run(&stage.scene);
        assert_int_equal(stage.scene.lane.mirror_count, 0);
        answers_fine(&stage);
        scene_end(&stage.scene);
    }
}

static void a_shadow_that_is_dead_changes_nothing(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK);
    answers_fine(&stage);
    peer_close(&stage.scene, backend(&stage, SHADOW));
    stage.scene.refuse = true; /* the real one has a kept connection */
    stage.client->got.len = 0;
    backend(&stage, REAL)->got.len = 0;
    peer_send(&stage.scene, stage.client, ASK);
    assert_true(got(backend(&stage, REAL), "GET /a?b"));
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    answers_fine(&stage);
    assert_int_equal(dropped(&stage), 2);
    scene_end(&stage.scene);
}

/* Each MiB is one that the real backend takes. */
static void send_mib(struct stage *stage)
{
    static char block[64 * 1024];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 16; i++)
        peer_send(&stage->scene, stage->client, (struct text){block, sizeof block});
}

static void a_shadow_that_takes_nothing_is_given_up(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    stage.clusters[1].pool.connections = 1;
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK); /* holds the only connection to the shadow */
    answers_fine(&stage);
    stage.client->got.len = 0;
    peer_send(&stage.scene, stage.client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2097152\r\n\r\n"));
    assert_int_equal(stage.scene.lane.mirror_count, 2);
    send_mib(&stage);
    assert_int_equal(stage.scene.lane.mirror_count, 1);
    assert_int_equal(dropped(&stage), 1);
    send_mib(&stage);
    assert_true(backend(&stage, REAL)->got.len > 2097152);
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void a_request_that_breaks_off_breaks_off_its_copy(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nbody"));
    peer_close(&stage.scene, stage.client);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    assert_int_equal(stage.scene.lane.running_count, 0);
    assert_true(backend(&stage, SHADOW)->eof);
    assert_int_equal(dropped(&stage), 1);
    scene_end(&stage.scene);
}

static void an_early_answer_of_the_shadow_ends_the_copy_alone(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nbody"));
    peer_send(&stage.scene, backend(&stage, SHADOW), OK);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    peer_send(&stage.scene, stage.client, TEXT("more"));
    assert_true(text_ends(buffer_text(&backend(&stage, REAL)->got), TEXT("bodymore")));
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void there_is_a_limit_to_those_under_way(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    stage.scene.lane.mirror_count += MIRRORS_MAX;
    peer_send(&stage.scene, stage.client, ASK);
    assert_null(backend(&stage, SHADOW));
    answers_fine(&stage);
    assert_int_equal(dropped(&stage), 1);
    stage.scene.lane.mirror_count -= MIRRORS_MAX;
    scene_end(&stage.scene);
}

static void the_share_is_of_the_requests(void **state)
{
    struct stage stage;
    unsigned copies = 0;
    (void)state;
    prepare(&stage);
    stage.scene.routes[1].mirror.percent = 30;
    begin(&stage);
    for (int i = 0; i < 300; i++) {
        peer_send(&stage.scene, stage.client, ASK);
        if (stage.scene.lane.mirror_count > 0) {
            copies++;
            peer_send(&stage.scene, backend(&stage, SHADOW), OK);
        }
        answers_fine(&stage);
        stage.client->got.len = 0;
    }
    assert_in_range(copies, 45, 135);
    scene_end(&stage.scene);
}

static void tunnels_are_not_copied(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"));
    assert_non_null(backend(&stage, REAL));
    assert_null(backend(&stage, SHADOW));
    scene_end(&stage.scene);
}

static void a_copy_is_rewritten_for_its_own_endpoint(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    stage.scene.routes[1].rewrite =
        (struct rewrite_settings){.add_prefix = TEXT("/x"), .host = HOST_UPSTREAM};
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK);
    assert_true(got(backend(&stage, REAL), "GET /x/a?b HTTP/1.1\r\nHost: 127.0.0.1:9\r\n"));
    assert_true(got(backend(&stage, SHADOW), "GET /x/a?b HTTP/1.1\r\nHost: 127.0.0.1:19\r\n"));
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void closing_the_fronts_drops_what_is_under_way(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nbody"));
    mirrors_drop(&stage.scene.lane);
    scene_run(&stage.scene);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    assert_true(backend(&stage, SHADOW)->eof);
    peer_send(&stage.scene, stage.client, TEXT("more"));
    answers_fine(&stage);
    scene_end(&stage.scene);
}

static void it_outlives_the_view_that_it_began_with(void **state)
{
    struct stage stage;
    (void)state;
    prepare(&stage);
    begin(&stage);
    peer_send(&stage.scene, stage.client, ASK);
    answers_fine(&stage);
    struct snapshot *next = snapshot_new(&stage.scene.settings, NULL, NULL);
    assert_true(lane_adopt(&stage.scene.lane, next));
    snapshot_unref(next);
    scene_run(&stage.scene);
    peer_send(&stage.scene, backend(&stage, SHADOW), OK);
    assert_int_equal(stage.scene.lane.mirror_count, 0);
    scene_end(&stage.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_goes_to_the_other_upstream_and_its_answer_nowhere),
        cmocka_unit_test(the_answer_does_not_wait_for_the_shadow),
        cmocka_unit_test(a_body_is_copied_too),
        cmocka_unit_test(a_chunked_body_is_copied_and_repeated),
        cmocka_unit_test(a_shadow_that_breaks_or_babbles_changes_nothing),
        cmocka_unit_test(a_shadow_that_is_dead_changes_nothing),
        cmocka_unit_test(a_shadow_that_takes_nothing_is_given_up),
        cmocka_unit_test(a_request_that_breaks_off_breaks_off_its_copy),
        cmocka_unit_test(an_early_answer_of_the_shadow_ends_the_copy_alone),
        cmocka_unit_test(there_is_a_limit_to_those_under_way),
        cmocka_unit_test(the_share_is_of_the_requests),
        cmocka_unit_test(tunnels_are_not_copied),
        cmocka_unit_test(a_copy_is_rewritten_for_its_own_endpoint),
        cmocka_unit_test(closing_the_fronts_drops_what_is_under_way),
        cmocka_unit_test(it_outlives_the_view_that_it_began_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
