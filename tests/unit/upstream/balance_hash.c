/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms that pin a request by a hash: even, the same everywhere, and few requests move when a member goes. */
#include "ballot.h"

enum { KEYS = 100000, HUNDRED = 100 };

static const enum balance_kind hashing[] = {BALANCE_RING_HASH, BALANCE_MAGLEV};

/* The names' numbers, so that rosters in another order or without some compare; names are m<first + index>. */
static unsigned short owners[KEYS], others[KEYS];

static unsigned number_of(size_t index)
{
    return (unsigned)strtoul(ballot.roster->members[index].endpoint->name.at + 1, NULL, 10);
}

static void map_keys(unsigned short *to)
{
    for (unsigned key = 0; key < KEYS; key++) {
        size_t picked = ballot_pick(key);
        assert_true(picked != CHOICE_NONE);
        to[key] = (unsigned short)number_of(picked);
    }
}

/* Of the keys that weren't the lost one's, so many moved. */
static unsigned count_moved(unsigned lost)
{
    unsigned moved = 0;
    for (unsigned key = 0; key < KEYS; key++)
        moved += owners[key] != lost && owners[key] != others[key];
    return moved;
}

static void a_key_stays_with_its_member(void **state)
{
    for (size_t k = 0; k < 2; k++) {
        ballot_open(hashing[k], 10, NULL);
        map_keys(owners);
        map_keys(others);
        assert_memory_equal(owners, others, sizeof owners);
        ballot_close(state);
    }
}

/* As in the config of another replica. */
static void the_order_of_members_does_not_matter(void **state)
{
    for (size_t k = 0; k < 2; k++) {
        ballot_open(hashing[k], 50, NULL);
        map_keys(owners);
        ballot_close(state);
        struct roster *roster = ballot_roster(hashing[k], 0, 50, NULL);
        roster->balancer->forget(roster);
        for (size_t i = 0; i < 25; i++) {
            struct member first = roster->members[i];
            roster->members[i] = roster->members[49 - i];
            roster->members[49 - i] = first;
        }
        roster->plan = NULL;
        assert_true(roster->balancer->plan(roster));
        ballot_take(roster);
        map_keys(others);
        assert_memory_equal(owners, others, sizeof owners);
        ballot_close(state);
    }
}

static void shares_follow_weights(void **state)
{
    static const unsigned weights[] = {1, 2, 3, 4};
    for (size_t k = 0; k < 2; k++) {
        ballot_open(hashing[k], 4, weights);
        ballot_picks(KEYS);
        for (size_t i = 0; i < 4; i++)
            assert_picks(i, KEYS / 10.0 * weights[i], hashing[k] == BALANCE_MAGLEV ? 5 : 20);
        ballot_close(state);
    }
}

/* Slots per member, read from the table itself: maglev's plan is SLOTS indexes. */
static void maglev_fills_its_table_evenly(void **state)
{
    static const size_t counts[] = {3, HUNDRED, MOST};
    for (size_t c = 0; c < 3; c++) {
        ballot_open(BALANCE_MAGLEV, counts[c], NULL);
        const uint32_t *table = ballot.roster->plan;
        unsigned least = UINT32_MAX, most = 0;
        for (size_t i = 0; i < 65537; i++)
            ballot.picks[table[i]]++;
        for (size_t i = 0; i < counts[c]; i++) {
            least = ballot.picks[i] < least ? ballot.picks[i] : least;
            most = ballot.picks[i] > most ? ballot.picks[i] : most;
        }
        print_message("maglev: %zu members have %u to %u slots\n", counts[c], least, most);
        assert_true(most - least <= 1);
        ballot_close(state);
    }
}

/* m0 of a hundred is not in the config any more. */
static unsigned lose_first(void **state, enum balance_kind kind, const unsigned *weights)
{
    ballot_open(kind, HUNDRED, weights);
    map_keys(owners);
    ballot_close(state);
    ballot_take(ballot_roster(kind, 1, HUNDRED - 1, weights != NULL ? weights + 1 : NULL));
    map_keys(others);
    ballot_close(state);
    return count_moved(0);
}

static void the_ring_moves_only_the_keys_of_who_is_lost(void **state)
{
    assert_int_equal(lose_first(state, BALANCE_RING_HASH, NULL), 0);
}

static void the_ring_moves_no_others_when_the_lightest_goes(void **state)
{
    unsigned weights[HUNDRED];
    for (size_t i = 0; i < HUNDRED; i++)
        weights[i] = i == 0 ? 1 : 10;
    assert_int_equal(lose_first(state, BALANCE_RING_HASH, weights), 0);
}

/* It holds all it may: the others get a few points more. */
static void a_full_ring_moves_few_others(void **state)
{
    unsigned weights[HUNDRED];
    for (size_t i = 0; i < HUNDRED; i++)
        weights[i] = 100;
    unsigned moved = lose_first(state, BALANCE_RING_HASH, weights);
    print_message("full ring: %.2f %% of the other keys moved\n", 100.0 * moved / KEYS);
    assert_true(moved < KEYS * 3 / 100);
}

/* The paper's figure 12: of a table of 65537 about 1 % or 2 % change beside what must. */
static void maglev_moves_few_others(void **state)
{
    unsigned moved = lose_first(state, BALANCE_MAGLEV, NULL);
    print_message("maglev: %.2f %% of the other keys moved\n", 100.0 * moved / KEYS);
    assert_true(moved < KEYS * 3 / 100);
}

static void only_the_keys_of_who_is_barred_move_and_all_others_get_some(void **state)
{
    for (size_t k = 0; k < 2; k++) {
        ballot_open(hashing[k], HUNDRED, NULL);
        map_keys(owners);
        ballot.barred[7] = true;
        memset(ballot.picks, 0, sizeof ballot.picks);
        map_keys(others);
        assert_int_equal(count_moved(7), 0);
        unsigned got[HUNDRED] = {0};
        for (unsigned key = 0; key < KEYS; key++)
            got[others[key]] += owners[key] == 7;
        for (size_t i = 0; i < HUNDRED; i++)
            assert_true(got[i] < (hashing[k] == BALANCE_MAGLEV ? 30 : 120));
        ballot_close(state);
    }
}

/* Beyond the hops all are ranked: still even, and still the same each time. */
static void maglev_spreads_over_the_few_that_are_left(void **state)
{
    (void)state;
    ballot_open(BALANCE_MAGLEV, HUNDRED, NULL);
    for (size_t i = 0; i < HUNDRED; i++)
        ballot.barred[i] = i != 20 && i != 21 && i != 90;
    map_keys(owners);
    assert_picks(20, KEYS / 3.0, 3);
    assert_picks(21, KEYS / 3.0, 3);
    assert_picks(90, KEYS / 3.0, 3);
    map_keys(others);
    assert_memory_equal(owners, others, sizeof owners);
}

/* What both rest on: with seed 0 each bit of a short text changes half of the hash. */
static void text_hash_without_a_seed_avalanches(void **state)
{
    (void)state;
    unsigned flips[64] = {0}, rounds = 0;
    for (unsigned i = 0; i < 500; i++) {
        char address[16];
        size_t length = (size_t)snprintf(address, sizeof address, "10.0.%u.%u", i / 250, i % 250);
        uint64_t before = text_hash((struct text){address, length}, 0);
        for (size_t bit = 0; bit < length * 8; bit++, rounds++) {
            address[bit / 8] ^= (char)(1 << bit % 8);
            uint64_t changed = before ^ text_hash((struct text){address, length}, 0);
            address[bit / 8] ^= (char)(1 << bit % 8);
            for (unsigned out = 0; out < 64; out++)
                flips[out] += changed >> out & 1;
        }
    }
    for (unsigned out = 0; out < 64; out++)
        assert_in_range(flips[out] * 1000ull / rounds, 480, 520);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_key_stays_with_its_member, ballot_close),
        cmocka_unit_test_teardown(the_order_of_members_does_not_matter, ballot_close),
        cmocka_unit_test_teardown(shares_follow_weights, ballot_close),
        cmocka_unit_test_teardown(maglev_fills_its_table_evenly, ballot_close),
        cmocka_unit_test_teardown(the_ring_moves_only_the_keys_of_who_is_lost, ballot_close),
        cmocka_unit_test_teardown(the_ring_moves_no_others_when_the_lightest_goes, ballot_close),
        cmocka_unit_test_teardown(a_full_ring_moves_few_others, ballot_close),
        cmocka_unit_test_teardown(maglev_moves_few_others, ballot_close),
        cmocka_unit_test_teardown(only_the_keys_of_who_is_barred_move_and_all_others_get_some, ballot_close),
        cmocka_unit_test_teardown(maglev_spreads_over_the_few_that_are_left, ballot_close),
        cmocka_unit_test(text_hash_without_a_seed_avalanches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
