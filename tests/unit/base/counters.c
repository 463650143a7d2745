/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/counters.h"
#include "base/families.h"

static const struct metric plain = {"test_plain_total", METRIC_COUNTER, CELLS_ONE, "One cell."};
static const struct metric wide = {"test_wide_total", METRIC_COUNTER, COUNTER_CELLS_MAX, NULL, NULL,
                                   "Many cells."};

static void the_same_metric_and_labels_are_the_same_counter(void **state)
{
    (void)state;
    char labels[] = "listener=\"web\"";
    counter_t id = counter_register(&plain, labels);
    labels[10] = 'X';
    assert_int_not_equal(id, COUNTER_NONE);
    assert_int_equal(counter_register(&plain, "listener=\"web\""), id);
    assert_int_not_equal(counter_register(&plain, "listener=\"other\""), id);
    assert_int_not_equal(counter_register(&wide, "listener=\"web\""), id);
}

static void the_cells_of_counters_do_not_overlap(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    counter_t first = counter_register(&wide, "n=\"1\""), second = counter_register(&wide, "n=\"2\"");
    for (unsigned i = 0; i < COUNTER_CELLS_MAX; i++) {
        cells_add(cells, first + i, 1);
        cells_add(cells, second + i, 2);
    }
    for (unsigned i = 0; i < COUNTER_CELLS_MAX; i++) {
        assert_int_equal(counter_sum(first + i), 1);
        assert_int_equal(counter_sum(second + i), 2);
    }
    cells_free(cells);
}

static void the_sum_is_that_of_all_threads_also_ended_ones(void **state)
{
    (void)state;
    counter_t id = counter_register(&plain, "sum=\"1\"");
    struct cells *a = cells_new(), *b = cells_new();
    cells_add(a, id, 3);
    cells_add(b, id, 4);
    assert_int_equal(counter_sum(id), 7);
    cells_free(a);
    assert_int_equal(counter_sum(id), 7);
    cells_free(b);
    b = cells_new();
    cells_add(b, id, 1);
    assert_int_equal(counter_sum(id), 8);
    cells_free(b);
}

static void a_gauge_may_be_raised_by_one_thread_and_lowered_by_another(void **state)
{
    (void)state;
    counter_t id = counter_register(&plain, "gauge=\"1\"");
    struct cells *a = cells_new(), *b = cells_new();
    cells_add(a, id, 5);
    cells_sub(b, id, 3);
    assert_int_equal(counter_sum(id), 2);
    cells_free(b);
    assert_int_equal(counter_sum(id), 2);
    cells_free(a);
}

static void counters_registered_later_have_cells_in_older_arrays(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    char labels[32];
    for (int i = 0; i < 20; i++) {
        snprintf(labels, sizeof(labels), "late=\"%d\"", i);
        counter_t id = counter_register(&wide, labels);
        cells_add(cells, id + COUNTER_CELLS_MAX - 1, 9);
        assert_int_equal(counter_sum(id + COUNTER_CELLS_MAX - 1), 9);
    }
    cells_free(cells);
}

static void release_many(unsigned count)
{
    char labels[32];
    for (unsigned i = 0; i < count; i++) {
        snprintf(labels, sizeof labels, "many=\"%u\"", i);
        counter_release(counter_register(&plain, labels));
    }
}

static void a_counter_that_nobody_uses_is_kept_until_many_others_came(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    counter_t id = counter_register(&wide, "released=\"1\"");
    assert_int_equal(counter_register(&wide, "released=\"1\""), id);
    cells_add(cells, id + 1, 7);
    counter_release(id);
    assert_int_equal(counter_sum(id + 1), 7);
    counter_release(id);
    release_many(COUNTERS_KEPT - 1);
    assert_int_equal(counter_register(&wide, "released=\"1\""), id);
    assert_int_equal(counter_sum(id + 1), 7);
    counter_release(id);
    release_many(COUNTERS_KEPT);
    assert_int_equal(counter_sum(id + 1), 0);
    assert_int_equal(counter_register(&wide, "released=\"2\""), id);
    assert_int_not_equal(counter_register(&wide, "released=\"1\""), id);
    counter_release(COUNTER_NONE);
    cells_free(cells);
}

static void adding_to_no_counter_counts_nothing(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    cells_add(cells, COUNTER_NONE, 1);
    cells_add(cells, COUNTER_NONE + COUNTER_CELLS_MAX - 1, 1);
    assert_int_equal(counter_sum(COUNTER_NONE), 0);
    cells_free(cells);
    cells_free(NULL);
}

struct seen {
    unsigned rows;
    uint64_t total;
    bool has_labels;
};

static void see(void *arg, const struct counter_row *row)
{
    struct seen *seen = arg;
    seen->rows++;
    seen->total += row->values[0];
    seen->has_labels = seen->has_labels || text_equal(row->labels, TEXT("seen=\"2\""));
}

static void each_shows_the_counters_of_one_metric(void **state)
{
    (void)state;
    static const struct metric other = {"test_other_total", METRIC_COUNTER, CELLS_ONE, "Another."};
    struct seen seen = {0};
    struct cells *cells = cells_new();
    cells_add(cells, counter_register(&other, "seen=\"1\""), 10);
    cells_add(cells, counter_register(&other, "seen=\"2\""), 20);
    cells_add(cells, counter_register(&plain, "seen=\"2\""), 40);
    counters_each(&other, see, &seen);
    assert_int_equal(seen.rows, 2);
    assert_int_equal(seen.total, 30);
    assert_true(seen.has_labels);
    cells_free(cells);
}

#define ROUNDS 100000

static void *count_much(void *arg)
{
    counter_t id = *(const counter_t *)arg;
    struct cells *cells = cells_new();
    for (int i = 0; i < ROUNDS; i++)
        cells_add(cells, id, 1);
    cells_free(cells);
    return NULL;
}

static void nothing_is_lost_while_threads_count_and_others_register_and_sum(void **state)
{
    (void)state;
    pthread_t threads[3];
    char labels[32];
    uint64_t before = 0;
    counter_t id = counter_register(&plain, "threads=\"1\"");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, &id), 0);
    for (int i = 0; i < 200; i++) {
        uint64_t now = counter_sum(id);
        assert_true(now >= before);
        before = now;
        snprintf(labels, sizeof(labels), "meanwhile=\"%d\"", i);
        assert_int_not_equal(counter_register(&wide, labels), COUNTER_NONE);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counter_sum(id), 3 * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_metric_and_labels_are_the_same_counter),
        cmocka_unit_test(the_cells_of_counters_do_not_overlap),
        cmocka_unit_test(the_sum_is_that_of_all_threads_also_ended_ones),
        cmocka_unit_test(a_gauge_may_be_raised_by_one_thread_and_lowered_by_another),
        cmocka_unit_test(counters_registered_later_have_cells_in_older_arrays),
        cmocka_unit_test(adding_to_no_counter_counts_nothing),
        cmocka_unit_test(each_shows_the_counters_of_one_metric),
        cmocka_unit_test(a_counter_that_nobody_uses_is_kept_until_many_others_came),
        cmocka_unit_test(nothing_is_lost_while_threads_count_and_others_register_and_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
