/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "stage.h"

#define HOME "127.0.0.1:9900"

static unsigned status_for(struct stage *stage, const char *line, const char *fields)
{
    return status_of(stage_ask(stage, line, fields));
}

static void its_own_names_are_accepted_at_any_port(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, "192.0.2.7:9900", "");
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: 192.0.2.7:9900\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: 192.0.2.7:1\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: LocalHost:7\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: 127.0.0.1\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: [::1]:9900\r\n"), 200);
    stage_end(&stage);
}

static void a_foreign_name_is_refused_for_probes_too(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *const hosts[] = {
        "Host: evil.test\r\n",           "Host: evil.test:9900\r\n", "Host: localhost.evil.test\r\n",
        "Host: 127.0.0.1.evil.test\r\n", "Host: 1.2.3\r\n",          "Host:\r\n"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct text answer = stage_ask(&stage, "GET /metrics", hosts[i]);
        assert_int_equal(status_of(answer), 421);
        assert_false(says(answer, "weir_requests_total"));
        assert_int_equal(status_for(&stage, "GET /livez", hosts[i]), 421);
    }
    stage_end(&stage);
}

static void the_name_in_an_absolute_target_is_the_one_that_counts(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_int_equal(status_for(&stage, "GET http://evil.test/metrics", "Host: localhost\r\n"), 421);
    stage_end(&stage);
}

static void a_unix_socket_has_any_name(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, "unix:/run/weir.sock", "");
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: whatever.test\r\n"), 200);
    stage_end(&stage);
}

static void a_listener_on_every_address_takes_any_literal_but_no_name(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, "0.0.0.0:9900", "");
    assert_int_equal(status_for(&stage, "GET /livez", "Host: 10.1.2.3:9900\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /livez", "Host: pod.test:9900\r\n"), 421);
    stage_end(&stage);
}

static void further_names_are_those_of_the_settings(void **state)
{
    (void)state;
    struct stage stage;
    const struct text hosts[] = {TEXT("Weir.ops.svc"), TEXT("weir.")};
    struct admin_settings settings = {.token = TEXT("s3cret"), .hosts = hosts, .host_count = 2};
    assert_null(address_read(TEXT("0.0.0.0:9900"), &settings.listen));
    stage_start_with(&stage, &settings);
    assert_int_equal(status_for(&stage, "GET /livez", "Host: weir.ops.svc:9900\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /livez", "Host: WEIR\r\n"), 200);
    assert_int_equal(status_for(&stage, "GET /livez", "Host: weir.ops.svc.evil.test\r\n"), 421);
    assert_int_equal(status_for(&stage, "GET /livez", "Host: ops.svc\r\n"), 421);
    assert_int_equal(status_for(&stage, "GET /metrics", "Host: weir\r\n"), 401);
    stage_end(&stage);
}

static void a_foreign_origin_may_read_but_change_nothing(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_int_equal(status_for(&stage, "GET /livez", "Host: localhost:9900\r\nOrigin: http://evil.test\r\n"),
                     200);
    const char *const origins[] = {
        "http://evil.test",  "null", "http://localhost:3000", "localhost:9900", "https://localhost:9900",
        "://localhost:9900", ""};
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        char fields[128];
        snprintf(fields, sizeof fields, "Host: localhost:9900\r\nOrigin: %s\r\nContent-Length: 0\r\n",
                 origins[i]);
        assert_int_equal(status_for(&stage, "POST /api/v1/reload", fields), 403);
    }
    assert_int_equal(
        status_for(&stage, "POST /api/v1/reload",
                   "Host: localhost:9900\r\nOrigin: http://localhost:9900\r\nContent-Length: 0\r\n"),
        501);
    stage_end(&stage);
}

static void a_token_is_needed_for_all_but_probes(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "s3cret");
    const char *const paths[] = {"GET /", "GET /metrics", "GET /api/v1/stats", "GET /api/v1/upstreams",
                                 "GET /nothing"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct text answer = stage_get(&stage, paths[i]);
        assert_int_equal(status_of(answer), 401);
        assert_true(says(answer, "WWW-Authenticate: Bearer\r\n"));
    }
    assert_int_equal(status_of(stage_get(&stage, "GET /livez")), 200);
    assert_int_equal(status_of(stage_get(&stage, "GET /readyz")), 200);
    stage_end(&stage);
}

static void only_the_whole_token_is_right(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "s3cret");
    const char *const wrong[] = {"Bearer s3cre", "Bearer s3crets", "Bearer s3crex", "Bearer ",
                                 "Bearer",       "Basic s3cret",   "s3cret",        "Bearer s3crets3cret"};
    char fields[128];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(fields, sizeof fields, "Host: localhost\r\nAuthorization: %s\r\n", wrong[i]);
        assert_int_equal(status_for(&stage, "GET /metrics", fields), 401);
    }
    assert_int_equal(
        status_for(&stage, "GET /metrics", "Host: localhost\r\nAuthorization: bearer s3cret\r\n"), 200);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own_names_are_accepted_at_any_port),
        cmocka_unit_test(a_foreign_name_is_refused_for_probes_too),
        cmocka_unit_test(the_name_in_an_absolute_target_is_the_one_that_counts),
        cmocka_unit_test(a_unix_socket_has_any_name),
        cmocka_unit_test(a_listener_on_every_address_takes_any_literal_but_no_name),
        cmocka_unit_test(further_names_are_those_of_the_settings),
        cmocka_unit_test(a_foreign_origin_may_read_but_change_nothing),
        cmocka_unit_test(a_token_is_needed_for_all_but_probes),
        cmocka_unit_test(only_the_whole_token_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
