/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/families.h"

static const struct metric durations = {"test_seconds", METRIC_HISTOGRAM, CELLS_BUCKETS, "Durations."};

static void the_bounds_ascend_from_100_microseconds_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(histogram_bounds[0].microseconds, 100);
    assert_int_equal(histogram_bounds[HISTOGRAM_BOUNDS - 1].microseconds, 60000000);
    for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
        assert_true(histogram_bounds[i].microseconds > histogram_bounds[i - 1].microseconds);
}

static void a_duration_belongs_to_the_first_bucket_that_is_not_shorter(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    counter_t id = histogram_register(&durations, "case=\"buckets\"");
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        histogram_add(cells, id, histogram_bounds[i].microseconds);
        histogram_add(cells, id, histogram_bounds[i].microseconds + 1);
    }
    histogram_add(cells, id, 0);
    assert_int_equal(counter_sum(id), 2);
    for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
        assert_int_equal(counter_sum(id + i), 2);
    assert_int_equal(counter_sum(id + HISTOGRAM_CELL_REST), 1);
    cells_free(cells);
}

static void the_sum_is_in_microseconds(void **state)
{
    (void)state;
    struct cells *cells = cells_new();
    counter_t id = histogram_register(&durations, "case=\"sum\"");
    histogram_add(cells, id, 70);
    histogram_add(cells, id, 90000000);
    assert_int_equal(counter_sum(id + HISTOGRAM_CELL_SUM), 90000070);
    cells_free(cells);
}

static void each_code_has_a_cell_that_names_it_or_its_class(void **state)
{
    (void)state;
    assert_string_equal(code_name(code_cell(100)), "100");
    assert_string_equal(code_name(code_cell(200)), "200");
    assert_string_equal(code_name(code_cell(404)), "404");
    assert_string_equal(code_name(code_cell(511)), "511");
    assert_string_equal(code_name(code_cell(199)), "1xx");
    assert_string_equal(code_name(code_cell(299)), "2xx");
    assert_string_equal(code_name(code_cell(418)), "4xx");
    assert_string_equal(code_name(code_cell(599)), "5xx");
    assert_string_equal(code_name(code_cell(0)), "none");
    assert_string_equal(code_name(code_cell(99)), "none");
    assert_string_equal(code_name(code_cell(600)), "none");
    assert_string_equal(code_name(CODE_CELLS), "none");
    for (unsigned status = 0; status < 1000; status++)
        assert_true(code_cell(status) < CODE_CELLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bounds_ascend_from_100_microseconds_to_a_minute),
        cmocka_unit_test(a_duration_belongs_to_the_first_bucket_that_is_not_shorter),
        cmocka_unit_test(the_sum_is_in_microseconds),
        cmocka_unit_test(each_code_has_a_cell_that_names_it_or_its_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
