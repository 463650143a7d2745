/* SPDX-License-Identifier: Apache-2.0 */
/* The second listener, and what readyz says when it is asked for more. */
#include "stage.h"

#define HOME "127.0.0.1:9900"

static void probes_and_metrics_are_there_by_any_name_and_without_token(void **state)
{
    (void)state;
    struct stage stage;
    stage_start_probes(&stage);
    const char *const lines[] = {"GET /livez",  "GET /readyz",  "GET /healthz", "GET /readyz?verbose",
                                 "HEAD /livez", "GET /metrics", "HEAD /metrics"};
    const char *const fields[] = {"Host: 10.1.2.3:9901\r\n", "Host: weir.svc\r\n",
                                  "Host: a\r\nOrigin: http://evil.test\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        for (size_t j = 0; j < sizeof fields / sizeof fields[0]; j++)
            assert_int_equal(status_of(stage_ask(&stage, lines[i], fields[j])), 200);
    stage_end(&stage);
}

static void nothing_else_is_there(void **state)
{
    (void)state;
    struct stage stage;
    stage_start_probes(&stage);
    const char *const lines[] = {"GET /",
                                 "GET /api/v1/stats",
                                 "GET /api/v1/config",
                                 "GET /api/v1/upstreams",
                                 "POST /api/v1/reload",
                                 "POST /api/v1/drain",
                                 "PUT /api/v1/log",
                                 "PUT /api/v1/upstreams/app/endpoints/127.0.0.1:9",
                                 "OPTIONS *",
                                 "GET /nothing"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(status_of(stage_get(&stage, lines[i])), 404);
    stage_end(&stage);
}

static void other_methods_are_405_with_allow(void **state)
{
    (void)state;
    struct stage stage;
    stage_start_probes(&stage);
    const char *const lines[] = {"POST /livez", "PUT /readyz", "DELETE /metrics", "OPTIONS /healthz"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text answer = stage_get(&stage, lines[i]);
        assert_int_equal(status_of(answer), 405);
        assert_true(says(answer, "\r\nAllow: GET, HEAD\r\n"));
    }
    stage_end(&stage);
}

static void a_body_is_not_waited_for(void **state)
{
    (void)state;
    struct stage stage;
    stage_start_probes(&stage);
    struct text answer = stage_ask(&stage, "GET /livez", "Host: a\r\nContent-Length: 1000\r\n");
    assert_int_equal(status_of(answer), 200);
    stage_end(&stage);
}

static void the_site_has_a_listener_for_each_address(void **state)
{
    (void)state;
    struct stage stage;
    struct admin_settings settings = {.token = TEXT("")};
    assert_null(address_read(TEXT(HOME), &settings.listen));
    assert_null(address_read(TEXT("0.0.0.0:9901"), &settings.probes));
    stage_start_with(&stage, &settings);
    const struct snapshot_settings *site = admin_site(stage.admin);
    assert_int_equal(site->front_count, 2);
    assert_int_equal(site->route_count, 2);
    assert_true(text_equal(site->fronts[0].name, TEXT("admin")));
    assert_true(text_equal(site->fronts[1].name, TEXT("probes")));
    assert_int_equal(address_port(&site->fronts[1].addresses[0]), 9901);
    assert_int_equal(site->routes[1].front, 1);
    assert_int_equal(status_of(stage_get(&stage, "GET /api/v1/stats")), 200);
    stage_end(&stage);
}

static void verbose_says_what_was_looked_at(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer,
                     "{\"status\":\"ok\",\"reasons\":[],\"checks\":[{\"name\":\"listeners\",\"ok\":true},"
                     "{\"name\":\"config\",\"ok\":true},{\"name\":\"upstreams\",\"ok\":true}]}\n"));
    atomic_store(&stage.state.draining, true);
    answer = stage_get(&stage, "GET /readyz?verbose=1");
    assert_int_equal(status_of(answer), 503);
    assert_true(says(answer, "\"reasons\":[\"draining\"],\"checks\":[{\"name\":\"listeners\",\"ok\":false}"));
    stage_end(&stage);
}

static void what_only_limps_is_a_note(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    atomic_store(&stage.state.reload_failed, true);
    struct text answer = stage_get(&stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "{\"name\":\"config\",\"ok\":true,\"note\":\"the last reload was refused"));
    stage_end(&stage);
}

static void an_upstream_without_endpoints_is_a_note(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct cluster_settings nobody = {.name = TEXT("app")};
    cluster_install(stage.serving->clusters[0], roster_new(&nobody));
    struct text answer = stage_get(&stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "{\"name\":\"upstreams\",\"ok\":true,\"note\":\"no endpoint is up: app\"}"));
    assert_true(says(stage_get(&stage, "GET /api/v1/upstreams"), "{\"name\":\"app\""));
    stage_end(&stage);
}

/* state: of all endpoints; how the upstream is told then. */
static void assert_told(struct stage *stage, bool is_empty)
{
    struct text answer = stage_get(stage, "GET /readyz?verbose");
    assert_int_equal(status_of(answer), 200);
    assert_int_equal(says(answer, "\"note\":\"no endpoint is up: app\""), is_empty);
    assert_int_equal(
        says(stage_get(stage, "GET /metrics"), "weir_upstream_up{upstream=\"app\",endpoint=\"one:80\"} 1"),
        !is_empty);
}

static void endpoints_that_get_nothing_are_not_up(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct endpoint_settings one = {.name = TEXT("one:80"), .weight = 1};
    struct cluster_settings settings = {.name = TEXT("app"), .endpoints = &one, .endpoint_count = 1};
    struct cluster *cluster = stage.serving->clusters[0];
    cluster_install(cluster, roster_new(&settings));
    assert_told(&stage, false);
    struct endpoint *endpoint = cluster->roster->members[0].endpoint;
    const unsigned standings[] = {ENDPOINT_SICK, ENDPOINT_DRAIN, ENDPOINT_DOWN};
    for (size_t i = 0; i < sizeof standings / sizeof standings[0]; i++) {
        atomic_store(&endpoint->standing, standings[i]);
        assert_told(&stage, true);
        atomic_store(&endpoint->standing, 0);
        assert_told(&stage, false);
    }
    atomic_store(&endpoint->ejected_until, UINT64_MAX);
    assert_told(&stage, true);
    atomic_store(&endpoint->ejected_until, 0);
    one.weight = 0;
    cluster_install(cluster, roster_new(&settings));
    assert_told(&stage, true);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_and_metrics_are_there_by_any_name_and_without_token),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(other_methods_are_405_with_allow),
        cmocka_unit_test(a_body_is_not_waited_for),
        cmocka_unit_test(the_site_has_a_listener_for_each_address),
        cmocka_unit_test(verbose_says_what_was_looked_at),
        cmocka_unit_test(what_only_limps_is_a_note),
        cmocka_unit_test(an_upstream_without_endpoints_is_a_note),
        cmocka_unit_test(endpoints_that_get_nothing_are_not_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
