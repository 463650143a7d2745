/* SPDX-License-Identifier: Apache-2.0 */
/* What the process can be told, and that bodies are read whole, bounded and strictly first. */
#include "base/log.h"
#include "stage.h"

#define HOME "127.0.0.1:9900"

/* What the hands were told, and what they say. */
struct told {
    unsigned reloads, drains;
    bool refuse;
    const char *problems;
};

static bool hand_reload(void *owner, struct buffer *problems, uint64_t *generation)
{
    struct told *told = owner;
    told->reloads++;
    buffer_add(problems, text_of(told->problems));
    *generation = 4;
    return !told->refuse;
}

static void hand_drain(void *owner)
{
    ((struct told *)owner)->drains++;
}

static void start(struct stage *stage, struct told *told)
{
    *told = (struct told){0};
    stage_start(stage, HOME, "");
    stage->state.hands = (struct admin_hands){.owner = told, .reload = hand_reload, .drain = hand_drain};
}

static void a_reload_answers_the_generation(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    struct text answer = stage_get(&stage, "POST /api/v1/reload");
    assert_int_equal(status_of(answer), 200);
    assert_true(text_ends(answer, TEXT("\r\n\r\n{\"generation\":4}\n")));
    told.problems = "[{\"file\":\"w\"}]";
    answer = stage_send(&stage, "POST /api/v1/reload", "whatever");
    assert_true(text_ends(answer, TEXT("{\"generation\":4,\"warnings\":[{\"file\":\"w\"}]}\n")));
    assert_int_equal(told.reloads, 2);
    stage_end(&stage);
}

static void a_refused_reload_is_422_with_the_problems(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    told.refuse = true;
    told.problems = "[{\"file\":\"w\",\"line\":3,\"column\":1,\"message\":\"m\"}]";
    struct text answer = stage_get(&stage, "POST /api/v1/reload");
    assert_int_equal(status_of(answer), 422);
    assert_true(says(answer, "{\"problems\":[{\"file\":\"w\",\"line\":3,\"column\":1,\"message\":\"m\"}]}"));
    told.problems = "";
    answer = stage_get(&stage, "POST /api/v1/reload");
    assert_int_equal(status_of(answer), 422);
    assert_true(says(answer, "{\"problems\":[{\"file\":\"\",\"line\":0,"));
    stage_end(&stage);
}

static void a_drain_is_ordered_once(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    assert_true(says(stage_get(&stage, "POST /api/v1/drain"), "\r\n\r\n{\"status\":\"draining\"}\n"));
    assert_int_equal(told.drains, 1);
    atomic_store(&stage.state.draining, true);
    assert_int_equal(status_of(stage_get(&stage, "POST /api/v1/drain")), 200);
    assert_int_equal(told.drains, 1);
    stage_end(&stage);
}

static void a_foreign_site_orders_nothing(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    const char *fields = "Host: localhost\r\nOrigin: http://evil.test\r\n";
    assert_int_equal(status_of(stage_ask(&stage, "POST /api/v1/reload", fields)), 403);
    assert_int_equal(status_of(stage_ask(&stage, "POST /api/v1/drain", "Host: evil.test\r\n")), 421);
    assert_int_equal(told.reloads + told.drains, 0);
    stage_end(&stage);
}

static void the_log_level_is_set(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_send(&stage, "PUT /api/v1/log", "{\"level\":\"error\"}");
    assert_int_equal(status_of(answer), 200);
    assert_true(text_ends(answer, TEXT("\r\n\r\n{\"level\":\"error\"}\n")));
    assert_int_equal(log_level(), LOG_ERROR);
    assert_false(log_wants(LOG_WARN));
    assert_int_equal(status_of(stage_send(&stage, "PUT /api/v1/log", " { \"level\" : \"\\u0069nfo\" } ")),
                     200);
    assert_int_equal(log_level(), LOG_INFO);
    stage_end(&stage);
}

static void bodies_that_are_not_meant_are_400_and_change_nothing(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const bodies[] = {"",
                                  "{",
                                  "[]",
                                  "\"debug\"",
                                  "null",
                                  "{}",
                                  "{\"level\":\"loud\"}",
                                  "{\"level\":1}",
                                  "{\"level\":null}",
                                  "{\"level\":\"DEBUG\"}",
                                  "{\"level\":\"debug\",\"x\":1}",
                                  "{\"level\":\"debug\",\"level\":\"debug\"}",
                                  "{\"level\":\"debug\"}{}",
                                  "level=debug"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct text answer = stage_send(&stage, "PUT /api/v1/log", bodies[i]);
        if (status_of(answer) != 400 || !says(answer, "\r\n\r\n{\"error\":\""))
            fail_msg("%s: %.*s", bodies[i], TEXT_ARGS(answer));
    }
    assert_int_equal(log_level(), LOG_INFO);
    assert_true(says(stage_send(&stage, "PUT /api/v1/log", "{\"level\":\"x\"}"), "debug, info, warn, error"));
    stage_end(&stage);
}

static void a_body_is_waited_for(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer =
        stage_ask(&stage, "PUT /api/v1/log", "Host: localhost\r\nTransfer-Encoding: chunked\r\n");
    struct peer *client = &stage.scene.clients[0];
    assert_int_equal(answer.len, 0);
    peer_send(&stage.scene, client, TEXT("8\r\n{\"level\"\r\n"));
    peer_send(&stage.scene, client, TEXT("8\r\n:\"warn\"}\r\n"));
    assert_int_equal(client->got.len, 0);
    peer_send(&stage.scene, client, TEXT("0\r\n\r\n"));
    assert_int_equal(status_of(buffer_text(&client->got)), 200);
    assert_int_equal(log_level(), LOG_WARN);
    log_set_level(LOG_INFO);
    stage_end(&stage);
}

static void a_client_that_waits_is_told_to_continue(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_ask(&stage, "PUT /api/v1/log",
                                   "Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 16\r\n");
    struct peer *client = &stage.scene.clients[0];
    assert_true(text_equal(answer, TEXT("HTTP/1.1 100 Continue\r\n\r\n")));
    peer_send(&stage.scene, client, TEXT("{\"level\":"));
    assert_int_equal(client->got.len, answer.len);
    peer_send(&stage.scene, client, TEXT("\"info\"}"));
    assert_true(says(buffer_text(&client->got), "\r\n\r\nHTTP/1.1 200 OK\r\n"));
    stage_end(&stage);
}

static void a_connection_goes_on_behind_a_body(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    (void)stage_send(&stage, "PUT /api/v1/log", "{\"level\":\"info\"}");
    struct peer *client = &stage.scene.clients[0];
    size_t before = client->got.len;
    peer_send(&stage.scene, client,
              TEXT("PUT /api/v1/log HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
                   "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    struct text more = text_sub(buffer_text(&client->got), before, client->got.len - before);
    assert_int_equal(status_of(more), 400);
    assert_true(says(more, "\nHTTP/1.1 200 OK\r\n"));
    stage_end(&stage);
}

static void a_body_beyond_64_kib_is_413_before_it_ends(void **state)
{
    (void)state;
    struct stage stage;
    char piece[16 * 1024];
    memset(piece, ' ', sizeof piece);
    stage_start(&stage, HOME, "");
    (void)stage_ask(&stage, "PUT /api/v1/log", "Host: localhost\r\nContent-Length: 100000\r\n");
    struct peer *client = &stage.scene.clients[0];
    for (int i = 0; i < 4; i++)
        peer_send(&stage.scene, client, (struct text){piece, sizeof piece});
    assert_int_equal(client->got.len, 0);
    peer_send(&stage.scene, client, TEXT(" "));
    assert_int_equal(status_of(buffer_text(&client->got)), 413);
    assert_true(says(buffer_text(&client->got), "{\"error\":\""));
    stage_end(&stage);
}

static void a_body_that_stops_is_408(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    (void)stage_ask(&stage, "PUT /api/v1/log", "Host: localhost\r\nContent-Length: 16\r\n");
    scene_pass(&stage.scene, 11000);
    assert_int_equal(status_of(buffer_text(&stage.scene.clients[0].got)), 408);
    stage_end(&stage);
}

static void a_client_that_leaves_within_its_body_leaves_nothing_behind(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    (void)stage_ask(&stage, "PUT /api/v1/log", "Host: localhost\r\nContent-Length: 16\r\n");
    peer_close(&stage.scene, &stage.scene.clients[0]);
    assert_int_equal(stage.scene.lane.running_count, 0);
    stage_end(&stage);
}

static void the_config_is_shown_with_generation_and_hash(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_int_equal(status_of(stage_get(&stage, "GET /api/v1/config")), 501);
    stage.state.config = TEXT("{\"workers\":1}");
    stage.state.config_hash = TEXT("0123456789abcdef");
    struct text answer = stage_get(&stage, "GET /api/v1/config");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(
        answer, "\r\n\r\n{\"generation\":1,\"hash\":\"0123456789abcdef\",\"config\":{\"workers\":1}}\n"));
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_answers_the_generation),
        cmocka_unit_test(a_refused_reload_is_422_with_the_problems),
        cmocka_unit_test(a_drain_is_ordered_once),
        cmocka_unit_test(a_foreign_site_orders_nothing),
        cmocka_unit_test(the_log_level_is_set),
        cmocka_unit_test(bodies_that_are_not_meant_are_400_and_change_nothing),
        cmocka_unit_test(a_body_is_waited_for),
        cmocka_unit_test(a_client_that_waits_is_told_to_continue),
        cmocka_unit_test(a_connection_goes_on_behind_a_body),
        cmocka_unit_test(a_body_beyond_64_kib_is_413_before_it_ends),
        cmocka_unit_test(a_body_that_stops_is_408),
        cmocka_unit_test(a_client_that_leaves_within_its_body_leaves_nothing_behind),
        cmocka_unit_test(the_config_is_shown_with_generation_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
