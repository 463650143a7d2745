/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/trail_sink.h"
#include "stage.h"

#define HOME "127.0.0.1:9900"

static void an_address_that_is_not_its_own_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_int_equal(status_of(stage_ask(&stage, "GET /metrics", "Host: 127.0.0.2\r\n")), 421);
    assert_int_equal(status_of(stage_ask(&stage, "GET /metrics", "Host: 192.0.2.1\r\n")), 421);
    stage_end(&stage);
}

static void what_comes_later_is_501_by_its_own_method_alone(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /api/v1/reload");
    assert_int_equal(status_of(answer), 405);
    assert_true(says(answer, "\r\nAllow: POST\r\n"));
    stage_end(&stage);
}

static void endpoints_are_put_and_deleted_later(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_int_equal(status_of(stage_get(&stage, "PUT /api/v1/upstreams/app/endpoints/127.0.0.1:9")), 501);
    assert_int_equal(status_of(stage_get(&stage, "DELETE /api/v1/upstreams/app/endpoints/127.0.0.1:9")), 501);
    struct text answer = stage_get(&stage, "GET /api/v1/upstreams/app/endpoints/127.0.0.1:9");
    assert_true(says(answer, "\r\nAllow: PUT, DELETE\r\n"));
    stage_end(&stage);
}

static void metrics_have_the_generation_in_force(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_true(says(stage_get(&stage, "GET /metrics"), "\nweir_config_generation 1\n"));
    atomic_store(&stage.state.generation, 7);
    assert_true(says(stage_get(&stage, "GET /metrics"), "\nweir_config_generation 7\n"));
    stage_end(&stage);
}

static void the_process_tells_what_it_uses(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    struct text answer = stage_get(&stage, "GET /metrics");
    assert_true(says(answer, "\nweir_open_descriptors "));
    assert_false(says(answer, "\nweir_open_descriptors 0\n"));
    assert_true(says(answer, "\nweir_resident_memory_bytes "));
    assert_false(says(answer, "\nweir_resident_memory_bytes 0\n"));
    stage_end(&stage);
}

static void lines_that_an_access_log_lost_are_shown_when_there_is_one(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    assert_false(says(stage_get(&stage, "GET /metrics"), "{log=\"access\"}"));
    struct trail_sink *sink = trail_sink_open("/dev/null", TRAIL_JSON);
    assert_non_null(sink);
    stage.state.access_log = sink;
    trail_sink_lose(sink, 3);
    assert_true(
        says(stage_get(&stage, "GET /metrics"), "\nweir_log_dropped_lines_total{log=\"access\"} 3\n"));
    stage_end(&stage);
    trail_sink_close(sink, 1000);
}

static void all_reasons_are_said_and_only_when_asked_for(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    atomic_store(&stage.state.ready, false);
    atomic_store(&stage.state.draining, true);
    assert_false(says(stage_get(&stage, "GET /readyz"), "reasons"));
    assert_true(says(stage_get(&stage, "GET /readyz?verbose"), "\"reasons\":[\"starting\",\"draining\"]"));
    stage_end(&stage);
}

static void one_foreign_origin_among_several_is_enough(void **state)
{
    (void)state;
    struct stage stage;
    stage_start(&stage, HOME, "");
    const char *fields = "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.test\r\n";
    assert_int_equal(status_of(stage_ask(&stage, "POST /api/v1/reload", fields)), 403);
    stage_end(&stage);
}

static void the_token_outlives_the_settings(void **state)
{
    (void)state;
    struct stage stage;
    char token[] = "s3cret";
    stage_start(&stage, HOME, token);
    memset(token, 'x', sizeof token - 1);
    const char *fields = "Host: localhost\r\nAuthorization: Bearer s3cret\r\n";
    assert_int_equal(status_of(stage_ask(&stage, "GET /metrics", fields)), 200);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_is_not_its_own_is_refused),
        cmocka_unit_test(what_comes_later_is_501_by_its_own_method_alone),
        cmocka_unit_test(endpoints_are_put_and_deleted_later),
        cmocka_unit_test(metrics_have_the_generation_in_force),
        cmocka_unit_test(the_process_tells_what_it_uses),
        cmocka_unit_test(lines_that_an_access_log_lost_are_shown_when_there_is_one),
        cmocka_unit_test(all_reasons_are_said_and_only_when_asked_for),
        cmocka_unit_test(one_foreign_origin_among_several_is_enough),
        cmocka_unit_test(the_token_outlives_the_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
