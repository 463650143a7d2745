/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/codes.h"
#include "stage.h"

#define HOME "127.0.0.1:9900"

static struct text body_of(struct text answer)
{
    for (size_t i = 0; i + 4 <= answer.len; i++)
        if (memcmp(answer.at + i, "\r\n\r\n", 4) == 0)
            return text_sub(answer, i + 4, answer.len - i - 4);
    return TEXT_NONE;
}

static void it_lives_even_while_it_starts_or_drains(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    atomic_store(&stage.state.ready, false);
    atomic_store(&stage.state.draining, true);
    assert_true(text_equal(body_of(stage_get(&stage, "GET /livez")), TEXT("{\"status\":\"ok\"}\n")));
    assert_int_equal(status_of(stage_get(&stage, "GET /healthz")), 200);
    stage_end(&stage);
}

static void it_is_ready_between_start_and_drain(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /readyz");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "\"status\":\"ok\""));
    atomic_store(&stage.state.ready, false);
    answer = stage_get(&stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 503);
    assert_true(says(answer, "\"status\":\"unavailable\""));
    assert_true(says(answer, "\"reasons\":[\"starting\"]"));
    atomic_store(&stage.state.ready, true);
    atomic_store(&stage.state.draining, true);
    answer = stage_get(&stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 503);
    assert_true(says(answer, "\"reasons\":[\"draining\"]"));
    stage_end(&stage);
}

static void metrics_are_prometheus_text(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /metrics");
    assert_true(says(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_true(says(answer, "\nweir_state_up 1\n"));
    assert_true(says(answer, "\nweir_start_time_seconds "));
    assert_true(says(answer, "\nweir_config_generation "));
    assert_true(says(answer, "\nweir_log_dropped_lines_total{log=\"error\"} 0\n"));
    assert_true(says(answer, "\nweir_config_reloads_total{result=\""));
    assert_true(says(answer, "\nweir_upstream_up{upstream=\"app\",endpoint=\"127.0.0.1:9\"} 1\n"));
    stage_end(&stage);
}

/* The scene's links are in memory: the kernel knows none of them. */
static void connections_are_counted_by_state(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /api/v1/connections");
    if (status_of(answer) == 503) /* not told here, but said why */
        assert_true(says(answer, "{\"error\":\""));
    else
        assert_true(text_equal(body_of(answer),
                               TEXT("{\"complete\":true,\"clients\":{},\"backends\":{},\"listeners\":[],"
                                    "\"upstreams\":[{\"name\":\"app\",\"endpoints\":["
                                    "{\"address\":\"127.0.0.1:9\",\"states\":{}}]}],\"connections\":[]}\n")));
    stage_end(&stage);
}

static void stats_have_what_metrics_have_as_json(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /api/v1/stats");
    assert_true(says(answer, "Content-Type: application/json"));
    assert_true(says(answer, "\"weir_state_up\":{\"type\":\"gauge\""));
    stage_end(&stage);
}

static void upstreams_show_what_endpoints_count(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct endpoint *endpoint = stage.serving->clusters[0]->roster->members[0].endpoint;
    struct cells *cells = stage.scene.cells;
    cells_add(cells, endpoint->requests + code_cell(200), 3);
    cells_add(cells, endpoint->requests + code_cell(502), 2);
    cells_add(cells, endpoint->connections_active, 4);
    cells_add(cells, endpoint->connections_idle, 6);
    atomic_store(&endpoint->active, 7);
    struct text answer = stage_get(&stage, "GET /api/v1/upstreams/app");
    assert_true(says(answer, "\"name\":\"app\",\"balance\":\"round_robin\""));
    assert_true(says(
        answer,
        "\"address\":\"127.0.0.1:9\",\"weight\":1,\"backup\":false,\"state\":\"up\",\"healthy\":true,\"ejected\":false,\"active\":7"));
    assert_true(says(answer, "\"connections\":{\"active\":4,\"idle\":6}"));
    assert_true(says(answer, "\"requests\":5"));
    assert_true(says(stage_get(&stage, "GET /api/v1/upstreams"), "{\"upstreams\":[{\"name\":\"app\""));
    atomic_store(&endpoint->active, 0);
    stage_end(&stage);
}

static void unknown_paths_are_404(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const lines[] = {
        "GET /nothing",  "GET /api/v1",  "GET /metrics/x", "GET /livezz", "GET /api/v1/upstreams/nobody",
        "GET /metrics/", "POST /nothing"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text answer = stage_get(&stage, lines[i]);
        assert_int_equal(status_of(answer), 404);
        assert_true(text_starts(body_of(answer), TEXT("{\"error\":\"")));
    }
    stage_end(&stage);
}

static void other_methods_are_405_with_allow(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const lines[] = {"POST /livez", "DELETE /metrics", "OPTIONS /", "PUT /api/v1/upstreams"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text answer = stage_get(&stage, lines[i]);
        assert_int_equal(status_of(answer), 405);
        assert_true(says(answer, "\r\nAllow: GET, HEAD\r\n"));
    }
    stage_end(&stage);
}

static void what_comes_later_is_501(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const lines[] = {"GET /api/v1/config", "POST /api/v1/reload", "POST /api/v1/drain",
                                 "GET /api/v1/tap"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text answer = stage_get(&stage, lines[i]);
        assert_int_equal(status_of(answer), 501);
        assert_true(says(answer, "not in this build yet\"}"));
    }
    stage_end(&stage);
}

static void head_has_the_length_and_no_body(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "HEAD /livez");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "Content-Length: 16\r\n"));
    assert_int_equal(body_of(answer).len, 0);
    stage_end(&stage);
}

static void nothing_is_to_be_stored(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const lines[] = {"GET /",        "GET /livez",  "GET /metrics",
                                 "GET /nothing", "POST /livez", "GET /api/v1/tap"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_true(says(stage_get(&stage, lines[i]), "\r\nCache-Control: no-store\r\n"));
    stage_end(&stage);
}

static void the_first_page_names_the_others(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /");
    assert_true(says(answer, "Content-Type: text/html"));
    const char *const paths[] = {"/livez", "/readyz", "/metrics", "/api/v1/stats", "/api/v1/upstreams"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_true(says(answer, paths[i]));
    stage_end(&stage);
}

/* Metrics of thousands of routes: far more than a stream may hold at once. */
static void a_page_of_megabytes_arrives_whole(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    for (int i = 0; i < 10000; i++) {
        char labels[128];
        snprintf(labels, sizeof labels, "listener=\"a-name-that-takes-some-room-%060d\"", i);
        assert_int_not_equal(counter_register(METRIC(received), labels), COUNTER_NONE);
    }
    struct text answer = stage_get(&stage, "GET /metrics");
    assert_true(body_of(answer).len > 1024 * 1024);
    assert_true(says(answer, "000009999\"} 0\n"));
    assert_true(says(body_of(answer), "# TYPE weir_start_time_seconds gauge\n"));
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lives_even_while_it_starts_or_drains),
        cmocka_unit_test(it_is_ready_between_start_and_drain),
        cmocka_unit_test(metrics_are_prometheus_text),
        cmocka_unit_test(connections_are_counted_by_state),
        cmocka_unit_test(stats_have_what_metrics_have_as_json),
        cmocka_unit_test(upstreams_show_what_endpoints_count),
        cmocka_unit_test(unknown_paths_are_404),
        cmocka_unit_test(other_methods_are_405_with_allow),
        cmocka_unit_test(what_comes_later_is_501),
        cmocka_unit_test(head_has_the_length_and_no_body),
        cmocka_unit_test(nothing_is_to_be_stored),
        cmocka_unit_test(the_first_page_names_the_others),
        cmocka_unit_test(a_page_of_megabytes_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
