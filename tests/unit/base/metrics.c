/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/metrics.h"

static struct cells *cells;
static struct buffer page;

static int start(void **state)
{
    (void)state;
    cells = cells_new();
    page = BUFFER_EMPTY;
    return cells == NULL;
}

static int stop(void **state)
{
    (void)state;
    cells_free(cells);
    buffer_clear(&page);
    return 0;
}

static unsigned occurrences(const char *part)
{
    unsigned count = 0;
    for (const char *at = page.at; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void write_prometheus(void)
{
    buffer_clear(&page);
    metrics_write_prometheus(&page);
    buffer_byte(&page, '\0');
    assert_false(page.short_of_room);
}

static void write_json(void)
{
    buffer_clear(&page);
    metrics_write_json(&page);
    buffer_byte(&page, '\0');
    assert_false(page.short_of_room);
}

static void every_family_has_help_and_type_once(void **state)
{
    (void)state;
    write_prometheus();
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        struct buffer line = BUFFER_EMPTY;
        const char *types[] = {"counter", "gauge", "histogram"};
        buffer_printf(&line, "# HELP %s %s\n# TYPE %s %s\n", families[i].name, families[i].help,
                      families[i].name, types[families[i].type]);
        buffer_byte(&line, '\0');
        assert_int_equal(occurrences(line.at), 1);
        buffer_clear(&line);
    }
}

static void names_follow_the_conventions_of_prometheus(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        struct text name = text_of(families[i].name);
        assert_true(text_starts(name, TEXT("weir_")));
        assert_int_equal(text_ends(name, TEXT("_total")), families[i].type == METRIC_COUNTER);
        if (families[i].type == METRIC_HISTOGRAM)
            assert_true(text_ends(name, TEXT("_seconds")));
    }
}

static void a_counter_is_a_line_behind_its_family(void **state)
{
    (void)state;
    cells_add(cells, counter_register(METRIC(accepted), "listener=\"a\""), 12);
    cells_add(cells, counter_register(METRIC(config_generation), ""), 3);
    write_prometheus();
    assert_int_equal(occurrences("\nweir_connections_total{listener=\"a\"} 12\n"), 1);
    assert_int_equal(occurrences("\nweir_config_generation 3\n"), 1);
    const char *family = strstr(page.at, "# TYPE weir_connections_total ");
    assert_ptr_equal(strstr(strchr(family, '\n'), "\nweir_connections_total{"), strchr(family, '\n'));
}

static void a_gauge_below_zero_is_negative(void **state)
{
    (void)state;
    cells_sub(cells, counter_register(METRIC(connections), "listener=\"below\""), 2);
    write_prometheus();
    assert_int_equal(occurrences("\nweir_connections{listener=\"below\"} -2\n"), 1);
    write_json();
    assert_int_equal(occurrences("{\"labels\":{\"listener\":\"below\"},\"value\":-2}"), 1);
}

static void cells_have_their_label_and_are_left_out_at_zero(void **state)
{
    (void)state;
    counter_t id = counter_register(METRIC(requests), "listener=\"codes\",route=\"r\"");
    cells_add(cells, id + code_cell(200), 5);
    cells_add(cells, id + code_cell(418), 1);
    write_prometheus();
    assert_int_equal(occurrences("weir_requests_total{listener=\"codes\",route=\"r\",code=\"200\"} 5\n"), 1);
    assert_int_equal(occurrences("weir_requests_total{listener=\"codes\",route=\"r\",code=\"4xx\"} 1\n"), 1);
    assert_int_equal(occurrences("weir_requests_total{listener=\"codes\""), 2);
    write_json();
    assert_int_equal(
        occurrences("{\"labels\":{\"listener\":\"codes\",\"route\":\"r\",\"code\":\"200\"},\"value\":5}"), 1);
}

static void faults_are_counted_by_their_names(void **state)
{
    (void)state;
    counter_t id = counter_register(METRIC(faults), "listener=\"f\",route=\"r\"");
    cells_add(cells, id + FAULT_ID_no_route, 1);
    write_prometheus();
    assert_int_equal(occurrences("weir_faults_total{listener=\"f\",route=\"r\",fault=\"no_route\"} 1\n"), 1);
}

static void a_histogram_has_cumulative_buckets_a_sum_and_a_count(void **state)
{
    (void)state;
    counter_t id = histogram_register(METRIC(request_duration), "route=\"h\"");
    histogram_add(cells, id, 100);
    histogram_add(cells, id, 200);
    histogram_add(cells, id, 61000000);
    write_prometheus();
    assert_int_equal(occurrences("weir_request_duration_seconds_bucket{route=\"h\",le=\"0.0001\"} 1\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_bucket{route=\"h\",le=\"0.00025\"} 2\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_bucket{route=\"h\",le=\"60\"} 2\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_bucket{route=\"h\",le=\"+Inf\"} 3\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_sum{route=\"h\"} 61.000300\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_count{route=\"h\"} 3\n"), 1);
    assert_int_equal(occurrences("weir_request_duration_seconds_bucket{route=\"h\","), HISTOGRAM_BOUNDS + 1);
    write_json();
    assert_int_equal(occurrences("{\"labels\":{\"route\":\"h\"},\"buckets\":{\"0.0001\":1,\"0.00025\":2,"),
                     1);
    assert_int_equal(occurrences("\"+Inf\":3},\"sum\":61.000300,\"count\":3}"), 1);
}

static void read_two(struct metrics_source *source, struct metrics_page *at)
{
    (void)source;
    metrics_sample(at, TEXT("upstream=\"u\",endpoint=\"1\""), 1);
    metrics_sample(at, TEXT("upstream=\"u\",endpoint=\"2\""), 0);
}

static void a_source_is_read_until_it_is_removed(void **state)
{
    (void)state;
    struct metrics_source source = {.metric = METRIC(upstream_up), .read = read_two};
    metrics_source_remove(&source);
    metrics_source_add(&source);
    write_prometheus();
    assert_int_equal(occurrences("\nweir_upstream_up{upstream=\"u\",endpoint=\"1\"} 1\n"), 1);
    assert_int_equal(occurrences("\nweir_upstream_up{upstream=\"u\",endpoint=\"2\"} 0\n"), 1);
    write_json();
    assert_int_equal(
        occurrences("\"value\":1},{\"labels\":{\"upstream\":\"u\",\"endpoint\":\"2\"},\"value\":0}]}"), 1);
    metrics_source_remove(&source);
    write_prometheus();
    assert_int_equal(occurrences("weir_upstream_up{"), 0);
}

static void labels_escape_what_would_end_them(void **state)
{
    (void)state;
    struct buffer labels = BUFFER_EMPTY;
    label_add(&labels, "route", TEXT("a\"b\\c\nd"));
    label_add(&labels, "listener", TEXT("\xc3\xa4\x01\xff"));
    assert_true(text_equal(buffer_text(&labels),
                           TEXT("route=\"a\\\"b\\\\c\\nd\",listener=\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"")));
    buffer_byte(&labels, '\0');
    cells_add(cells, counter_register(METRIC(accepted), labels.at), 1);
    buffer_clear(&labels);
    write_json();
    assert_int_equal(
        occurrences("{\"route\":\"a\\\"b\\\\c\\nd\",\"listener\":\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"}"), 1);
}

static void labels_may_hold_commas_equals_and_braces(void **state)
{
    (void)state;
    cells_add(cells, counter_register(METRIC(accepted), "a=\"x,y=\\\"z\",b=\"}\""), 1);
    write_json();
    assert_int_equal(occurrences("{\"labels\":{\"a\":\"x,y=\\\"z\",\"b\":\"}\"},\"value\":1}"), 1);
}

/* Brackets outside of strings close in order; a full parser reads the page in the stories of the admin
 * API. */
static void the_json_page_is_balanced(void **state)
{
    (void)state;
    char open[64];
    unsigned depth = 0;
    bool quoted = false;
    write_json();
    for (const char *at = page.at; *at != '\0'; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '{' || *at == '['))
            open[depth++] = *at;
        else if (!quoted && (*at == '}' || *at == ']'))
            assert_int_equal(open[--depth], *at == '}' ? '{' : '[');
    }
    assert_int_equal(depth, 0);
    assert_false(quoted);
    assert_int_equal(
        occurrences(",]") + occurrences(",}") + occurrences("{,") + occurrences("[,") + occurrences(",,"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_family_has_help_and_type_once, start, stop),
        cmocka_unit_test_setup_teardown(names_follow_the_conventions_of_prometheus, start, stop),
        cmocka_unit_test_setup_teardown(a_counter_is_a_line_behind_its_family, start, stop),
        cmocka_unit_test_setup_teardown(a_gauge_below_zero_is_negative, start, stop),
        cmocka_unit_test_setup_teardown(cells_have_their_label_and_are_left_out_at_zero, start, stop),
        cmocka_unit_test_setup_teardown(faults_are_counted_by_their_names, start, stop),
        cmocka_unit_test_setup_teardown(a_histogram_has_cumulative_buckets_a_sum_and_a_count, start, stop),
        cmocka_unit_test_setup_teardown(a_source_is_read_until_it_is_removed, start, stop),
        cmocka_unit_test_setup_teardown(labels_escape_what_would_end_them, start, stop),
        cmocka_unit_test_setup_teardown(labels_may_hold_commas_equals_and_braces, start, stop),
        cmocka_unit_test_setup_teardown(the_json_page_is_balanced, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
