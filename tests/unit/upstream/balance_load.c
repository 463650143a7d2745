/* SPDX-License-Identifier: Apache-2.0 */
/* Round robin by a cursor, and the algorithms that go by load, latency or chance. */
#include "ballot.h"

static void has(size_t index, unsigned requests, unsigned latency)
{
    atomic_store(&ballot_endpoint(index)->active, requests);
    atomic_store(&ballot_endpoint(index)->latency, latency);
    atomic_store(&ballot_endpoint(index)->latency_at, (uint32_t)(ballot.choice.now / 1000));
}

static void all_have(unsigned requests, unsigned latency)
{
    for (size_t i = 0; i < ballot.roster->count; i++)
        has(i, requests, latency);
}

static void round_robin_takes_each_of_a_thousand_once_and_asks_once(void **state)
{
    (void)state;
    ballot_open(BALANCE_ROUND_ROBIN, MOST, NULL);
    for (unsigned round = 1; round <= 3; round++) {
        ballot_picks(MOST);
        for (size_t i = 0; i < MOST; i++)
            assert_int_equal(ballot.picks[i], round);
    }
    assert_int_equal(ballot.asked, 3 * MOST);
}

static void round_robin_of_another_loop_begins_elsewhere(void **state)
{
    (void)state;
    ballot_open(BALANCE_ROUND_ROBIN, 3, NULL);
    for (unsigned number = 0; number < 7; number++) {
        ballot.roster->balancer->start(ballot.state, ballot.roster, number);
        assert_int_equal(ballot_pick(0), number % 3);
    }
}

static void least_time_weighs_latency_by_load_and_weight(void **state)
{
    (void)state;
    ballot_open(BALANCE_LEAST_TIME, 3, (const unsigned[]){1, 1, 2});
    has(0, 0, 1000);
    has(1, 2, 300);
    has(2, 1, 950);
    assert_int_equal(ballot_pick(0), 1); /* 1000, 900, 950 */
    has(1, 3, 300);
    assert_int_equal(ballot_pick(0), 2);
    has(2, 2, 950);
    assert_int_equal(ballot_pick(0), 0);
}

static void least_time_learns_whom_it_does_not_know_without_a_rush(void **state)
{
    (void)state;
    ballot_open(BALANCE_LEAST_TIME, 4, NULL);
    all_have(0, 1000);
    has(3, 0, 0);
    for (unsigned i = 0; i < 40; i++) { /* nobody answers yet */
        size_t picked = ballot_pick(i);
        atomic_fetch_add(&ballot_endpoint(picked)->active, 1);
    }
    assert_int_equal(ballot.picks[3], 10);
}

/* Half for each ten seconds: 8000 is less than 1100 after thirty. */
static void least_time_asks_again_whom_it_found_slow_long_ago(void **state)
{
    (void)state;
    ballot_open(BALANCE_LEAST_TIME, 2, NULL);
    endpoint_time(ballot_endpoint(0), 8000, 1000);
    for (uint64_t now = 1000; now < 30000; now += 1000) {
        endpoint_time(ballot_endpoint(1), 1100, now);
        ballot.choice.now = now;
        assert_int_equal(ballot_pick(0), 1);
    }
    ballot.choice.now = 31000;
    assert_int_equal(endpoint_latency(ballot_endpoint(0), 31000), 1000);
    endpoint_time(ballot_endpoint(1), 1100, 31000);
    assert_int_equal(ballot_pick(0), 0);
    endpoint_time(ballot_endpoint(0), 500, 31000);
    assert_int_equal(endpoint_latency(ballot_endpoint(0), 31000), 500);
}

static void least_time_learns_a_light_one_too(void **state)
{
    (void)state;
    ballot_open(BALANCE_LEAST_TIME, 2, (const unsigned[]){1, 5});
    has(0, 0, 0);
    has(1, 0, 1000);
    ballot_picks(2);
    assert_int_equal(ballot.picks[0], 1);
}

static void least_time_goes_round_among_equals(void **state)
{
    (void)state;
    ballot_open(BALANCE_LEAST_TIME, 5, NULL);
    all_have(0, 0);
    ballot_picks(50);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ballot.picks[i], 10);
}

static void random_draws_by_weight(void **state)
{
    (void)state;
    ballot_open(BALANCE_RANDOM, 4, (const unsigned[]){1, 2, 3, 4});
    ballot_picks(100000);
    for (size_t i = 0; i < 4; i++)
        assert_picks(i, 10000 * (double)(i + 1), 6);
}

static void random_draws_by_weight_among_few_that_are_left(void **state)
{
    (void)state;
    unsigned weights[100];
    for (size_t i = 0; i < 100; i++)
        weights[i] = i < 2 ? (unsigned)i * 2 + 1 : 10;
    ballot_open(BALANCE_RANDOM, 100, weights);
    memset(ballot.barred + 2, true, 98);
    ballot_picks(40000);
    assert_picks(0, 10000, 6);
    assert_picks(1, 30000, 3);
}

static void random_gives_half_to_who_is_halfway_of_its_slow_start(void **state)
{
    (void)state;
    ballot_open(BALANCE_RANDOM, 2, NULL);
    ballot.roster->settings.slow_start = 10000;
    atomic_store(&ballot_endpoint(0)->fit_since, ballot.choice.now - 5000);
    ballot_picks(30000);
    atomic_store(&ballot_endpoint(0)->fit_since, 0);
    assert_picks(0, 10000, 5);
}

static void p2c_never_takes_the_busiest_and_always_the_idle_of_two(void **state)
{
    (void)state;
    ballot_open(BALANCE_P2C, 5, NULL);
    all_have(1, 0);
    has(2, 9, 0);
    ballot_picks(2000);
    assert_int_equal(ballot.picks[2], 0);
    ballot.barred[0] = ballot.barred[1] = ballot.barred[2] = true;
    has(3, 0, 0);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(ballot_pick(i), 3);
    all_have(0, 0);
}

/* Balls into bins: chance alone leaves some with twice the mean and more. */
static void p2c_keeps_a_thousand_within_a_few_of_the_mean(void **state)
{
    (void)state;
    ballot_open(BALANCE_P2C, MOST, NULL);
    for (unsigned i = 0; i < 20 * MOST; i++)
        atomic_fetch_add(&ballot_endpoint(ballot_pick(i))->active, 1);
    for (size_t i = 0; i < MOST; i++)
        assert_in_range(ballot.picks[i], 10, 25);
    assert_true(ballot.asked <= 20 * MOST * 2 + 200);
}

static void p2c_goes_by_weight(void **state)
{
    (void)state;
    ballot_open(BALANCE_P2C, 3, (const unsigned[]){1, 2, 5});
    for (unsigned i = 0; i < 8000; i++)
        atomic_fetch_add(&ballot_endpoint(ballot_pick(i))->active, 1);
    assert_picks(0, 1000, 5);
    assert_picks(1, 2000, 5);
    assert_picks(2, 5000, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(round_robin_takes_each_of_a_thousand_once_and_asks_once, ballot_close),
        cmocka_unit_test_teardown(round_robin_of_another_loop_begins_elsewhere, ballot_close),
        cmocka_unit_test_teardown(least_time_weighs_latency_by_load_and_weight, ballot_close),
        cmocka_unit_test_teardown(least_time_learns_whom_it_does_not_know_without_a_rush, ballot_close),
        cmocka_unit_test_teardown(least_time_asks_again_whom_it_found_slow_long_ago, ballot_close),
        cmocka_unit_test_teardown(least_time_learns_a_light_one_too, ballot_close),
        cmocka_unit_test_teardown(least_time_goes_round_among_equals, ballot_close),
        cmocka_unit_test_teardown(random_draws_by_weight, ballot_close),
        cmocka_unit_test_teardown(random_draws_by_weight_among_few_that_are_left, ballot_close),
        cmocka_unit_test_teardown(random_gives_half_to_who_is_halfway_of_its_slow_start, ballot_close),
        cmocka_unit_test_teardown(p2c_never_takes_the_busiest_and_always_the_idle_of_two, ballot_close),
        cmocka_unit_test_teardown(p2c_keeps_a_thousand_within_a_few_of_the_mean, ballot_close),
        cmocka_unit_test_teardown(p2c_goes_by_weight, ballot_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
