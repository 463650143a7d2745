/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers: upstreams of a split, endpoints by hash and by cookie. */
#include <inttypes.h>
#include <stdio.h>

#include <cmocka.h>

#include "exchange/split.h"
#include "support/scene.h"

enum { ENDPOINTS = 4, FIRST_PORT = 11 };

/* A cluster of ENDPOINTS endpoints, and a second one of one endpoint (port 9, the scene's own). */
struct stage {
    struct scene scene;
    struct endpoint_settings endpoints[ENDPOINTS];
    struct cluster_settings clusters[2];
    char names[ENDPOINTS][16];
    struct peer *client;
    struct text answer; /* of the last request */
};

#define OK TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

static void prepare(struct stage *stage)
{
    *stage = (struct stage){0};
    struct scene *scene = &stage->scene;
    scene_settings(scene);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct endpoint_settings *endpoint = &stage->endpoints[i];
        snprintf(stage->names[i], sizeof stage->names[i], "127.0.0.1:%u", FIRST_PORT + i);
        *endpoint = (struct endpoint_settings){.name = text_of(stage->names[i]), .weight = 1};
        address_read(endpoint->name, &endpoint->address);
    }
    stage->clusters[0] = scene->cluster;
    stage->clusters[0].endpoints = stage->endpoints;
    stage->clusters[0].endpoint_count = ENDPOINTS;
    stage->clusters[1] = scene->cluster;
    stage->clusters[1].name = TEXT("next");
    scene->settings.clusters = stage->clusters;
    scene->settings.cluster_count = 2;
}

static void begin(struct stage *stage)
{
    scene_start(&stage->scene);
    stage->client = scene_connect(&stage->scene);
}

/* The port of the endpoint that a request reached, and answered. */
static unsigned ask(struct stage *stage, const char *fields)
{
    char head[400];
    struct scene *scene = &stage->scene;
    snprintf(head, sizeof head, "GET /a HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    stage->client->got.len = 0;
    peer_send(scene, stage->client, text_of(head));
    for (size_t i = 0; i < scene->backend_count; i++) {
        struct peer *backend = &scene->backends[i];
        if (backend->got.len == 0)
            continue;
        backend->got.len = 0;
        peer_send(scene, backend, OK);
        stage->answer = buffer_text(&stage->client->got);
        assert_true(text_contains(stage->answer, TEXT("200 OK")));
        return backend->port;
    }
    fail_msg("no backend was asked");
    return 0;
}

static void a_split_follows_its_weights(void **state)
{
    struct split_share shares[] = {{7, 90}, {8, 0}, {9, 10}, {6, 0}};
    const struct split_settings split = {shares, 4, 100};
    unsigned counts[10] = {0};
    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        counts[split_choose(&split, i * 7919)]++;
    assert_int_equal(counts[7], 900);
    assert_int_equal(counts[9], 100);
    assert_int_equal(counts[8] + counts[6], 0);
    assert_int_equal(split_choose(&split, UINT64_MAX), split_choose(&split, UINT64_MAX % 100));
}

static void a_split_sends_requests_to_its_upstreams(void **state)
{
    struct stage stage;
    struct split_share shares[] = {{0, 0}, {1, 5}};
    (void)state;
    prepare(&stage);
    stage.scene.routes[1].target = TARGET_SPLIT;
    stage.scene.routes[1].split = (struct split_settings){shares, 2, 5};
    begin(&stage);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(&stage, ""), 9);
    scene_end(&stage.scene);
}

static void the_choice_of_a_split_stays_over_retries(void **state)
{
    struct stage stage;
    struct split_share shares[] = {{0, 1}, {1, 1}};
    (void)state;
    for (int i = 0; i < 10; i++) {
        prepare(&stage);
        stage.scene.routes[1].target = TARGET_SPLIT;
        stage.scene.routes[1].split = (struct split_settings){shares, 2, 2};
        stage.scene.routes[1].retries.budget = 100;
        begin(&stage);
        struct scene *scene = &stage.scene;
        peer_send(scene, stage.client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
        link_reset(scene->backends[0].link);
        scene->backends[0].link = NULL;
        scene_run(scene);
        assert_int_equal(scene->backend_count, 2);
        assert_int_equal(scene->backends[0].port == 9, scene->backends[1].port == 9);
        scene_end(scene);
    }
}

static void hash_on(struct stage *stage, enum hash_source source, struct text name)
{
    prepare(stage);
    stage->clusters[0].balance = BALANCE_RING_HASH;
    stage->clusters[0].hash_on.source = source;
    stage->clusters[0].hash_on.name = name;
    begin(stage);
}

/* How many endpoints requests with these fields reach; %d in them is a number of each. */
static unsigned spread(struct stage *stage, const char *fields)
{
    unsigned reached = 0;
    for (int i = 0; i < 40; i++) {
        char line[100];
        snprintf(line, sizeof line, fields, i);
        reached |= 1u << (ask(stage, line) - FIRST_PORT);
    }
    return (unsigned)__builtin_popcount(reached);
}

static void a_hashed_header_pins_a_request(void **state)
{
    struct stage stage;
    (void)state;
    hash_on(&stage, HASH_HEADER, TEXT("X-User"));
    assert_int_equal(spread(&stage, "x-user: anna\r\nX-Other: %d\r\n"), 1);
    assert_in_range(spread(&stage, "X-User: user%d\r\n"), 3, ENDPOINTS);
    scene_end(&stage.scene);
}

static void a_hashed_cookie_pins_a_request(void **state)
{
    struct stage stage;
    (void)state;
    hash_on(&stage, HASH_COOKIE, TEXT("user"));
    assert_int_equal(spread(&stage, "Cookie: a=%d; user=anna\r\n"), 1);
    assert_in_range(spread(&stage, "Cookie: user=%d\r\n"), 3, ENDPOINTS);
    scene_end(&stage.scene);
}

static void requests_that_lack_what_is_hashed_are_spread(void **state)
{
    struct stage stage;
    (void)state;
    hash_on(&stage, HASH_HEADER, TEXT("X-User"));
    assert_in_range(spread(&stage, "X-Other: %d\r\n"), 3, ENDPOINTS);
    scene_end(&stage.scene);
}

static void host_and_path_can_be_hashed(void **state)
{
    struct stage stage;
    (void)state;
    hash_on(&stage, HASH_HOST, TEXT_NONE);
    assert_int_equal(spread(&stage, "X-Other: %d\r\n"), 1);
    scene_end(&stage.scene);
    hash_on(&stage, HASH_PATH, TEXT_NONE);
    assert_int_equal(spread(&stage, "X-Other: %d\r\n"), 1);
    scene_end(&stage.scene);
}

static void stick(struct stage *stage, uint64_t ttl)
{
    prepare(stage);
    stage->clusters[0].sticky = (struct sticky_settings){.cookie = TEXT("weir_id"), .ttl = ttl};
    begin(stage);
}

static void a_cookie_keeps_a_client_on_its_endpoint(void **state)
{
    struct stage stage;
    char cookie[100];
    (void)state;
    stick(&stage, 90000);
    unsigned port = ask(&stage, "");
    const char *id = strstr(strndupa(stage.answer.at, stage.answer.len), "Set-Cookie: weir_id=");
    assert_non_null(id);
    id += strlen("Set-Cookie: weir_id=");
    assert_int_equal(strspn(id, "0123456789abcdef"), 16);
    assert_true(text_starts(text_of(id + 16), TEXT("; Path=/; Max-Age=90; HttpOnly; SameSite=Lax\r\n")));
    snprintf(cookie, sizeof cookie, "Cookie: a=b; weir_id=%.16s\r\n", id);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(&stage, cookie), port);
        assert_false(text_contains(stage.answer, TEXT("Set-Cookie")));
    }
    scene_end(&stage.scene);
}

static void a_cookie_that_names_no_endpoint_is_replaced(void **state)
{
    static const char *const cookies[] = {"weir_id=0000000000000000",
                                          "weir_id=0123456789abcdef",
                                          "weir_id=",
                                          "weir_id",
                                          "weir_id=127.0.0.1:11",
                                          "weir_id=0123456789abcdef0",
                                          "weir_id=-123456789abcdef",
                                          "weir_id=0123456789ABCDEF"};
    struct stage stage;
    (void)state;
    stick(&stage, 0);
    for (size_t i = 0; i < sizeof cookies / sizeof *cookies; i++) {
        char fields[100];
        snprintf(fields, sizeof fields, "Cookie: %s\r\n", cookies[i]);
        ask(&stage, fields);
        if (!text_contains(stage.answer, TEXT("; Path=/; HttpOnly; SameSite=Lax\r\n")))
            fail_msg("%s: %.*s", cookies[i], TEXT_ARGS(stage.answer));
    }
    scene_end(&stage.scene);
}

static void weirs_own_answers_set_no_cookie(void **state)
{
    struct stage stage;
    (void)state;
    stick(&stage, 1000);
    stage.scene.refuse = true;
    peer_send(&stage.scene, stage.client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    peer_send(&stage.scene, stage.client, TEXT("GET /own HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(text_contains(buffer_text(&stage.client->got), TEXT("502")));
    assert_true(text_contains(buffer_text(&stage.client->got), TEXT("mine")));
    assert_false(text_contains(buffer_text(&stage.client->got), TEXT("Set-Cookie")));
    scene_end(&stage.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_follows_its_weights),
        cmocka_unit_test(a_split_sends_requests_to_its_upstreams),
        cmocka_unit_test(the_choice_of_a_split_stays_over_retries),
        cmocka_unit_test(a_hashed_header_pins_a_request),
        cmocka_unit_test(a_hashed_cookie_pins_a_request),
        cmocka_unit_test(requests_that_lack_what_is_hashed_are_spread),
        cmocka_unit_test(host_and_path_can_be_hashed),
        cmocka_unit_test(a_cookie_keeps_a_client_on_its_endpoint),
        cmocka_unit_test(a_cookie_that_names_no_endpoint_is_replaced),
        cmocka_unit_test(weirs_own_answers_set_no_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
