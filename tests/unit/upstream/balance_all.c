/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every algorithm. */
#include "ballot.h"

enum { KINDS = BALANCE_MAGLEV + 1 };

static void every_kind_has_its_name(void **state)
{
    (void)state;
    static const char *const names[KINDS] = {"round_robin", "least_requests", "least_time", "p2c",
                                             "random",      "ring_hash",      "maglev"};
    for (int kind = 0; kind < KINDS; kind++)
        assert_string_equal(balancer_of((enum balance_kind)kind)->name, names[kind]);
}

static void a_roster_of_nobody_gives_nobody(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 0, NULL);
        assert_true(ballot_pick(7) == CHOICE_NONE);
        ballot_close(state);
    }
}

static void the_only_member_gets_everything(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 1, NULL);
        for (unsigned i = 0; i < 50; i++)
            assert_int_equal(ballot_pick(i), 0);
        ballot_close(state);
    }
}

static void nobody_is_picked_when_all_are_barred(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, MOST, NULL);
        memset(ballot.barred, true, sizeof ballot.barred);
        for (unsigned i = 0; i < 20; i++)
            assert_true(ballot_pick(i) == CHOICE_NONE);
        assert_true(ballot.asked <= 20 * 2 * MOST);
        ballot_close(state);
    }
}

static void a_weight_of_0_gets_nothing(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 3, (const unsigned[]){1, 0, 2});
        ballot_picks(600);
        assert_int_equal(ballot.picks[1], 0);
        assert_true(ballot.picks[2] > 0);
        if (kind != BALANCE_LEAST_TIME) /* of idle equals it takes the heaviest, every time */
            assert_in_range(ballot.picks[0], 120, 300);
        ballot_close(state);
    }
}

static void weights_of_0_alone_give_nobody(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 3, (const unsigned[]){0, 0, 0});
        assert_true(ballot_pick(1) == CHOICE_NONE);
        ballot_close(state);
    }
}

static void whoever_is_left_of_a_thousand_gets_everything(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, MOST, NULL);
        memset(ballot.barred, true, sizeof ballot.barred);
        ballot.barred[617] = false;
        for (unsigned i = 0; i < 20; i++)
            assert_int_equal(ballot_pick(i), 617);
        ballot_close(state);
    }
}

static void those_that_are_left_share(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 10, NULL);
        for (size_t i = 0; i < 10; i++)
            ballot.barred[i] = i % 2 == 0;
        ballot_picks(10000);
        for (size_t i = 0; i < 10; i++)
            if (i % 2 == 0)
                assert_int_equal(ballot.picks[i], 0);
            else
                assert_picks(i, 2000, 30);
        ballot_close(state);
    }
}

static void the_largest_weights_hold(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        ballot_open((enum balance_kind)kind, 3, (const unsigned[]){65535, 65535, 1});
        for (size_t i = 0; i < 3; i++)
            endpoint_time(ballot_endpoint(i), 1000, ballot.choice.now);
        ballot_picks(20000);
        assert_picks(0, 10000, 10);
        assert_picks(1, 10000, 10);
        assert_true(ballot.picks[2] < 10);
        ballot_close(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_name),
        cmocka_unit_test_teardown(a_roster_of_nobody_gives_nobody, ballot_close),
        cmocka_unit_test_teardown(the_only_member_gets_everything, ballot_close),
        cmocka_unit_test_teardown(nobody_is_picked_when_all_are_barred, ballot_close),
        cmocka_unit_test_teardown(a_weight_of_0_gets_nothing, ballot_close),
        cmocka_unit_test_teardown(weights_of_0_alone_give_nobody, ballot_close),
        cmocka_unit_test_teardown(whoever_is_left_of_a_thousand_gets_everything, ballot_close),
        cmocka_unit_test_teardown(those_that_are_left_share, ballot_close),
        cmocka_unit_test_teardown(the_largest_weights_hold, ballot_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
