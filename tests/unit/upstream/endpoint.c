/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/cluster.h"

static struct endpoint_settings named(const char *name)
{
    struct endpoint_settings settings = {.name = text_of(name), .weight = 1};
    assert_null(address_read(settings.name, &settings.address));
    return settings;
}

static bool page_has(const char *line)
{
    struct buffer page = BUFFER_EMPTY;
    metrics_write_prometheus(&page);
    bool has = text_contains(buffer_text(&page), text_of(line));
    buffer_clear(&page);
    return has;
}

static void the_same_name_in_the_same_cluster_is_the_same_endpoint(void **state)
{
    (void)state;
    struct endpoint_settings one = named("127.0.0.1:1"), two = named("127.0.0.1:2");
    struct endpoint *a = endpoint_get(TEXT("app"), &one);
    struct endpoint *again = endpoint_get(TEXT("app"), &one);
    struct endpoint *other_name = endpoint_get(TEXT("app"), &two);
    struct endpoint *other_cluster = endpoint_get(TEXT("web"), &one);
    assert_ptr_equal(a, again);
    assert_ptr_not_equal(a, other_name);
    assert_ptr_not_equal(a, other_cluster);
    assert_true(address_equal(&other_name->address, &two.address));
    endpoint_unref(a);
    endpoint_unref(again);
    endpoint_unref(other_name);
    endpoint_unref(other_cluster);
}

static void what_is_learnt_outlives_a_new_snapshot(void **state)
{
    (void)state;
    struct endpoint_settings endpoints[] = {named("127.0.0.1:1"), named("127.0.0.1:2")};
    struct cluster_settings settings = {.name = TEXT("app"), .endpoints = endpoints, .endpoint_count = 2};
    struct cluster *before = cluster_open(&settings);
    atomic_store(&before->roster->members[1].endpoint->active, 5);
    struct cluster *after = cluster_open(&settings);
    cluster_unref(before);
    assert_int_equal(atomic_load(&after->roster->members[1].endpoint->active), 5);
    cluster_unref(after);
}

static void an_endpoint_that_comes_back_goes_on_counting(void **state)
{
    (void)state;
    struct endpoint_settings settings = named("127.0.0.1:1");
    struct cells *cells = cells_new();
    struct endpoint *first = endpoint_get(TEXT("back"), &settings);
    cells_add(cells, first->requests + code_cell(200), 3);
    endpoint_unref(first);
    struct endpoint *second = endpoint_get(TEXT("back"), &settings);
    cells_add(cells, second->requests + code_cell(200), 1);
    assert_true(page_has(
        "weir_upstream_requests_total{upstream=\"back\",endpoint=\"127.0.0.1:1\",code=\"200\"} 4\n"));
    endpoint_unref(second);
    cells_free(cells);
}

static void only_endpoints_in_use_are_up(void **state)
{
    (void)state;
    static const char up[] = "weir_upstream_up{upstream=\"up\",endpoint=\"127.0.0.1:1\"} 1\n";
    static const char down[] = "weir_upstream_up{upstream=\"up\",endpoint=\"127.0.0.1:1\"} 0\n";
    struct endpoint_settings one = named("127.0.0.1:1");
    struct cluster_settings settings = {.name = TEXT("up"), .endpoints = &one, .endpoint_count = 1};
    struct cluster *cluster = cluster_open(&settings);
    struct endpoint *endpoint = endpoint_get(TEXT("up"), &one);
    assert_true(page_has(up));
    one.weight = 0;
    cluster_install(cluster, roster_new(&settings));
    assert_true(page_has(down));
    one.weight = 2;
    cluster_install(cluster, roster_new(&settings));
    assert_true(page_has(up));
    settings.endpoint_count = 0;
    cluster_install(cluster, roster_new(&settings));
    assert_true(page_has(down)); /* requests that run have it still */
    endpoint_unref(endpoint);
    assert_false(page_has(down));
    cluster_unref(cluster);
}

static void connections_are_shown_by_state(void **state)
{
    (void)state;
    struct endpoint_settings settings = named("127.0.0.1:1");
    struct cells *cells = cells_new();
    struct endpoint *endpoint = endpoint_get(TEXT("states"), &settings);
    cells_add(cells, endpoint->connections_active, 2);
    cells_add(cells, endpoint->connections_idle, 1);
    static const char base[] =
        "weir_upstream_connections{upstream=\"states\",endpoint=\"127.0.0.1:1\",state=";
    char line[160];
    snprintf(line, sizeof line, "%s\"active\"} 2\n", base);
    assert_true(page_has(line));
    snprintf(line, sizeof line, "%s\"idle\"} 1\n", base);
    assert_true(page_has(line));
    endpoint_unref(endpoint);
    cells_free(cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_name_in_the_same_cluster_is_the_same_endpoint),
        cmocka_unit_test(what_is_learnt_outlives_a_new_snapshot),
        cmocka_unit_test(an_endpoint_that_comes_back_goes_on_counting),
        cmocka_unit_test(only_endpoints_in_use_are_up),
        cmocka_unit_test(connections_are_shown_by_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
