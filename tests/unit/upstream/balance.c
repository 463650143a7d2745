/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "upstream/balance/balancer.h"

enum { ENDPOINTS = 4 };

struct scene {
    struct endpoint_settings endpoints[ENDPOINTS];
    struct cluster_settings settings;
    struct roster *roster;
    struct choice choice;
    void *state;
    bool barred[ENDPOINTS];
    unsigned picks[ENDPOINTS];
};

static struct scene scene;

static bool allows(const struct choice *choice, size_t index)
{
    return !scene.barred[index] && choice->roster->members[index].weight != 0;
}

static void open_scene(enum balance_kind kind, const unsigned weights[ENDPOINTS])
{
    static const char *const names[ENDPOINTS] = {"a", "b", "c", "d"};
    scene = (struct scene){.settings = {.name = TEXT("scene"), .endpoint_count = ENDPOINTS, .balance = kind}};
    for (size_t i = 0; i < ENDPOINTS; i++)
        scene.endpoints[i] = (struct endpoint_settings){.name = text_of(names[i]), .weight = weights[i]};
    scene.settings.endpoints = scene.endpoints;
    scene.roster = roster_new(&scene.settings);
    assert_non_null(scene.roster);
    scene.choice = (struct choice){.roster = scene.roster, .allows = allows};
    scene.state = calloc(1, scene.roster->balancer->state_size(scene.roster));
    assert_non_null(scene.state);
}

static int close_scene(void **state)
{
    (void)state;
    if (scene.roster != NULL)
        roster_unref(scene.roster);
    free(scene.state);
    scene.roster = NULL;
    return 0;
}

static size_t pick(void)
{
    size_t picked = scene.roster->balancer->pick(scene.state, &scene.choice);
    if (picked != CHOICE_NONE)
        scene.picks[picked]++;
    return picked;
}

static void has_load(size_t index, unsigned requests)
{
    atomic_store(&scene.roster->members[index].endpoint->active, requests);
}

static void round_robin_evens_weights_out_exactly_in_each_round(void **state)
{
    (void)state;
    static const unsigned weights[ENDPOINTS] = {5, 1, 3, 2};
    open_scene(BALANCE_ROUND_ROBIN, weights);
    for (unsigned round = 1; round <= 20; round++) {
        for (unsigned i = 0; i < 11; i++)
            pick();
        for (size_t i = 0; i < ENDPOINTS; i++)
            assert_int_equal(scene.picks[i], round * weights[i]);
    }
}

static void round_robin_spreads_a_heavy_endpoint_over_its_round(void **state)
{
    (void)state;
    static const size_t expected[] = {0, 0, 1, 0, 2, 0, 0};
    open_scene(BALANCE_ROUND_ROBIN, (const unsigned[ENDPOINTS]){5, 1, 1, 0});
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(pick(), expected[i % 7]);
}

static void round_robin_skips_who_is_not_allowed_and_stays_even(void **state)
{
    (void)state;
    open_scene(BALANCE_ROUND_ROBIN, (const unsigned[ENDPOINTS]){1, 1, 1, 1});
    scene.barred[1] = true;
    for (int i = 0; i < 30; i++)
        assert_int_not_equal(pick(), 1);
    assert_int_equal(scene.picks[0], 10);
    assert_int_equal(scene.picks[2], 10);
    assert_int_equal(scene.picks[3], 10);
    scene.barred[1] = false;
    for (int i = 0; i < 4; i++)
        pick();
    assert_int_equal(scene.picks[1], 1);
}

static void round_robin_holds_the_largest_weights(void **state)
{
    (void)state;
    open_scene(BALANCE_ROUND_ROBIN, (const unsigned[ENDPOINTS]){65535, 65535, 65535, 1});
    for (unsigned i = 0; i < 3 * 65535 + 1; i++)
        pick();
    assert_int_equal(scene.picks[0], 65535);
    assert_int_equal(scene.picks[3], 1);
}

static void least_requests_picks_who_is_idle(void **state)
{
    (void)state;
    open_scene(BALANCE_LEAST_REQUESTS, (const unsigned[ENDPOINTS]){1, 1, 1, 1});
    for (size_t idle = 0; idle < ENDPOINTS; idle++) {
        for (size_t i = 0; i < ENDPOINTS; i++)
            has_load(i, i == idle ? 0 : 1 + (unsigned)i);
        assert_int_equal(pick(), idle);
        assert_int_equal(pick(), idle);
    }
}

static void least_requests_counts_load_by_weight(void **state)
{
    (void)state;
    open_scene(BALANCE_LEAST_REQUESTS, (const unsigned[ENDPOINTS]){1, 4, 2, 0});
    has_load(0, 2);
    has_load(1, 6);
    has_load(2, 4);
    assert_int_equal(pick(), 1);
    has_load(1, 9);
    has_load(2, 3);
    assert_int_equal(pick(), 2);
    has_load(0, 1);
    assert_int_equal(pick(), 0);
}

static void least_requests_shares_ties_by_weight(void **state)
{
    (void)state;
    open_scene(BALANCE_LEAST_REQUESTS, (const unsigned[ENDPOINTS]){1, 2, 1, 4});
    has_load(3, 7);
    for (int i = 0; i < 40; i++)
        pick();
    assert_int_equal(scene.picks[0], 10);
    assert_int_equal(scene.picks[1], 20);
    assert_int_equal(scene.picks[2], 10);
    assert_int_equal(scene.picks[3], 0);
}

static void least_requests_skips_who_is_not_allowed(void **state)
{
    (void)state;
    open_scene(BALANCE_LEAST_REQUESTS, (const unsigned[ENDPOINTS]){1, 1, 1, 1});
    for (size_t i = 1; i < ENDPOINTS; i++)
        has_load(i, 100);
    scene.barred[0] = true;
    for (int i = 0; i < 9; i++)
        assert_int_not_equal(pick(), 0);
}

static void nobody_is_picked_when_nobody_is_allowed(void **state)
{
    (void)state;
    for (int kind = BALANCE_ROUND_ROBIN; kind <= BALANCE_LEAST_REQUESTS; kind++) {
        open_scene((enum balance_kind)kind, (const unsigned[ENDPOINTS]){1, 1, 1, 0});
        scene.barred[0] = scene.barred[1] = scene.barred[2] = true;
        assert_true(pick() == CHOICE_NONE);
        close_scene(state);
        scene.state = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(round_robin_evens_weights_out_exactly_in_each_round, close_scene),
        cmocka_unit_test_teardown(round_robin_spreads_a_heavy_endpoint_over_its_round, close_scene),
        cmocka_unit_test_teardown(round_robin_skips_who_is_not_allowed_and_stays_even, close_scene),
        cmocka_unit_test_teardown(round_robin_holds_the_largest_weights, close_scene),
        cmocka_unit_test_teardown(least_requests_picks_who_is_idle, close_scene),
        cmocka_unit_test_teardown(least_requests_counts_load_by_weight, close_scene),
        cmocka_unit_test_teardown(least_requests_shares_ties_by_weight, close_scene),
        cmocka_unit_test_teardown(least_requests_skips_who_is_not_allowed, close_scene),
        cmocka_unit_test_teardown(nobody_is_picked_when_nobody_is_allowed, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
