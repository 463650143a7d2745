/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upstream/budget.h"

static unsigned take_all(struct budget *budget, uint64_t now)
{
    unsigned taken = 0;
    while (budget_take(budget, now))
        taken++;
    return taken;
}

static void retries_stay_a_share_of_the_requests_beyond_the_reserve(void **state)
{
    (void)state;
    struct budget budget;
    unsigned taken = 0;
    budget_init(&budget, 0);
    for (int request = 0; request < 1000; request++) {
        budget_pay(&budget, 20);
        taken += take_all(&budget, 0);
    }
    assert_int_equal(taken, BUDGET_RESERVE + 200);
}

static void what_is_saved_up_is_bounded(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 0);
    for (int request = 0; request < 100000; request++)
        budget_pay(&budget, 20);
    assert_int_equal(take_all(&budget, 0), BUDGET_MOST);
}

static void the_reserve_comes_back_with_time_and_no_further(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 5000);
    assert_int_equal(take_all(&budget, 5000), BUDGET_RESERVE);
    assert_int_equal(take_all(&budget, 5999), 0);
    assert_int_equal(take_all(&budget, 6000), 1);
    assert_int_equal(take_all(&budget, 6999), 0);
    assert_int_equal(take_all(&budget, 3600000), BUDGET_RESERVE);
}

static void a_budget_of_nothing_leaves_the_reserve(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 0);
    for (int request = 0; request < 1000; request++)
        budget_pay(&budget, 0);
    assert_int_equal(take_all(&budget, 0), BUDGET_RESERVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_stay_a_share_of_the_requests_beyond_the_reserve),
        cmocka_unit_test(what_is_saved_up_is_bounded),
        cmocka_unit_test(the_reserve_comes_back_with_time_and_no_further),
        cmocka_unit_test(a_budget_of_nothing_leaves_the_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
