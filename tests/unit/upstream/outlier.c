/* SPDX-License-Identifier: Apache-2.0 */
/* Who is ejected, and how many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/outlier.h"

enum { MANY = 10, WINDOW = 1000, EJECT = 5000, NOW = 100000 };

static char names[MANY][40];
static struct cluster *cluster;

static void open_cluster(size_t count, unsigned failures, unsigned max_ejected)
{
    static struct endpoint_settings endpoints[MANY];
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "127.0.0.1:%zu", i + 1);
        endpoints[i] = (struct endpoint_settings){.name = text_of(names[i]), .weight = 1};
        assert_null(address_read(endpoints[i].name, &endpoints[i].address));
    }
    struct cluster_settings settings = {.name = TEXT("app"), .endpoints = endpoints, .endpoint_count = count};
    settings.outlier = (struct outlier_settings){failures, WINDOW, EJECT, max_ejected};
    cluster = cluster_open(&settings);
    assert_non_null(cluster);
}

static struct endpoint *endpoint_at(size_t index)
{
    return cluster->roster->members[index].endpoint;
}

static bool note(size_t index, bool failed, uint64_t now)
{
    return outlier_note(cluster, &cluster->roster->settings.outlier, endpoint_at(index), failed, now);
}

static bool fails(size_t index, unsigned times, uint64_t now)
{
    bool ejected = false;
    for (unsigned i = 0; i < times; i++)
        ejected = note(index, true, now) || ejected;
    return ejected;
}

static size_t count_ejected(uint64_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < cluster->roster->count; i++)
        count += !endpoint_is_fit(endpoint_at(i), now);
    return count;
}

static void failures_in_a_row_eject_for_a_while(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    assert_false(fails(0, 2, NOW));
    assert_true(endpoint_is_fit(endpoint_at(0), NOW));
    assert_true(note(0, true, NOW));
    assert_false(endpoint_is_fit(endpoint_at(0), NOW));
    assert_false(endpoint_is_fit(endpoint_at(0), NOW + EJECT - 1));
    assert_true(endpoint_is_fit(endpoint_at(0), NOW + EJECT));
    cluster_unref(cluster);
}

static void it_counts_from_zero_after_an_ejection(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    assert_true(fails(0, 3, NOW));
    assert_false(fails(0, 2, NOW + EJECT));
    assert_true(note(0, true, NOW + EJECT));
    cluster_unref(cluster);
}

static void a_return_is_told_once(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    assert_false(outlier_returned(endpoint_at(0), NOW));
    assert_true(fails(0, 3, NOW));
    assert_false(outlier_returned(endpoint_at(0), NOW + EJECT - 1)); /* an answer that was under way */
    assert_true(outlier_returned(endpoint_at(0), NOW + EJECT));
    assert_false(outlier_returned(endpoint_at(0), NOW + EJECT));
    cluster_unref(cluster);
}

static void late_failures_of_an_ejected_one_do_not_prolong_it(void **state)
{
    (void)state;
    open_cluster(2, 3, 100);
    assert_true(fails(0, 3, NOW));
    assert_false(fails(0, 100, NOW + EJECT / 2));
    assert_true(endpoint_is_fit(endpoint_at(0), NOW + EJECT));
    cluster_unref(cluster);
}

static void a_good_answer_forgives(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    for (int i = 0; i < 10; i++) {
        assert_false(fails(0, 2, NOW));
        assert_false(note(0, false, NOW));
    }
    cluster_unref(cluster);
}

static void failures_count_within_the_window(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    assert_false(fails(0, 2, NOW));
    assert_false(note(0, true, NOW + WINDOW + 1));
    assert_false(note(0, true, NOW + WINDOW + 2));
    assert_true(note(0, true, NOW + 2 * WINDOW + 1));
    cluster_unref(cluster);
}

/* Each worker has a clock of its own, which stands still during a beat. */
static void a_worker_whose_clock_is_behind_counts_too(void **state)
{
    (void)state;
    open_cluster(2, 3, 50);
    assert_false(note(0, true, NOW));
    assert_false(note(0, true, NOW - 1));
    assert_true(note(0, true, NOW - 2));
    cluster_unref(cluster);
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    static const struct {
        unsigned endpoints, percent, most;
    } cases[] = {{1, 50, 0}, {1, 10, 0}, {1, 100, 1}, {2, 50, 1},  {2, 10, 1}, {2, 99, 1},  {2, 100, 2},
                 {3, 50, 1}, {3, 67, 2}, {3, 0, 0},   {10, 50, 5}, {10, 1, 1}, {10, 19, 1}, {10, 100, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_cluster(cases[i].endpoints, 1, cases[i].percent);
        for (size_t turn = 0; turn < 3 * (size_t)cases[i].endpoints; turn++)
            note(turn % cases[i].endpoints, true, NOW);
        assert_int_equal(count_ejected(NOW), cases[i].most);
        assert_int_equal(count_ejected(NOW + EJECT), 0);
        cluster_unref(cluster);
    }
}

static void another_is_ejected_once_the_first_is_back(void **state)
{
    (void)state;
    open_cluster(3, 2, 50);
    assert_true(fails(0, 2, NOW));
    assert_false(fails(1, 2, NOW + 1));
    assert_false(note(1, true, NOW + EJECT)); /* what it did beyond the ceiling is forgotten */
    assert_true(note(1, true, NOW + EJECT));
    cluster_unref(cluster);
}

static void nothing_is_ejected_without_settings(void **state)
{
    (void)state;
    open_cluster(2, 0, 50);
    assert_false(fails(0, 1000, NOW));
    cluster_unref(cluster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_a_row_eject_for_a_while),
        cmocka_unit_test(it_counts_from_zero_after_an_ejection),
        cmocka_unit_test(a_return_is_told_once),
        cmocka_unit_test(late_failures_of_an_ejected_one_do_not_prolong_it),
        cmocka_unit_test(a_good_answer_forgives),
        cmocka_unit_test(failures_count_within_the_window),
        cmocka_unit_test(a_worker_whose_clock_is_behind_counts_too),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(another_is_ejected_once_the_first_is_back),
        cmocka_unit_test(nothing_is_ejected_without_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
