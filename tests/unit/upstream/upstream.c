/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

static void a_claim_opens_a_connection_and_the_next_one_reuses_it(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    assert_false(guest_claims(&guest, stage));
    stage_beat(stage);
    assert_int_equal(guest.woken, 1);
    assert_false(guest.claim.reused);
    guest_is_served(&guest, stage, 0);
    assert_true(guest_claims(&guest, stage));
    assert_int_equal(guest.woken, 0);
    assert_true(guest.claim.reused);
    guest_is_served(&guest, stage, 0);
    assert_int_equal(stage->dialled, 1);
    assert_int_equal(stage->origins[0].requests, 2);
    stage_end(stage);
}

static void the_connection_used_last_is_reused_first(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    stage_beat(stage);
    guest_is_served(&first, stage, 0);
    guest_is_served(&second, stage, 1);
    guest_comes_and_goes(&first, stage, 1);
    assert_int_equal(stage->origins[0].requests, 1);
    assert_int_equal(stage->origins[1].requests, 2);
    stage_end(stage);
}

static void gauges_and_load_follow_what_happens(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    int64_t idle = stage_idle(stage, 0), active = stage_active(stage, 0);
    stage->dialling = DIAL_SLOW;
    guest_claims(&guest, stage);
    assert_int_equal(stage_load(stage, 0), 1);
    assert_int_equal(stage_active(stage, 0) - active, 0);
    link_mark(&stage->origins[0].near->link, LINK_OPEN);
    stage_beat(stage);
    assert_int_equal(stage_load(stage, 0), 1);
    assert_int_equal(stage_active(stage, 0) - active, 1);
    guest_is_served(&guest, stage, 0);
    assert_int_equal(stage_load(stage, 0), 0);
    assert_int_equal(stage_active(stage, 0) - active, 0);
    assert_int_equal(stage_idle(stage, 0) - idle, 1);
    origin_close(&stage->origins[0]);
    stage_beat(stage);
    assert_int_equal(stage_active(stage, 0) - active, 0);
    assert_int_equal(stage_idle(stage, 0) - idle, 0);
    stage_end(stage);
}

static void endpoints_take_turns(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3);
    struct guest guests[3];
    unsigned ports = 0;
    stage_open(stage);
    for (size_t i = 0; i < 3; i++)
        guest_claims(&guests[i], stage);
    stage_beat(stage);
    for (size_t i = 0; i < 3; i++) {
        ports |= 1u << stage->origins[i].port;
        assert_non_null(guests[i].claim.endpoint);
        guest_is_served(&guests[i], stage, i);
    }
    assert_int_equal(ports, 2 | 4 | 8);
    stage_end(stage);
}

static void an_endpoint_that_stands_twice_is_one_with_both_weights(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3);
    struct guest guest;
    stage->endpoints[2] = stage->endpoints[0];
    stage_open(stage);
    for (int round = 0; round < 2; round++) {
        const struct roster *roster = stage->cluster->roster;
        assert_int_equal(roster->count, 2);
        assert_int_equal(roster->members[0].weight, 2);
        assert_int_equal(roster->members[1].weight, 1);
        cluster_install(stage->cluster, roster_new(&stage->settings));
        assert_true(upstream_refresh(stage->upstream));
    }
    guest_comes_and_goes(&guest, stage, 0);
    stage_end(stage);
}

/* The one that turned out to be back gets the requests, not the other one that may still be gone. */
static void an_endpoint_that_is_reached_needs_no_rest(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest guest;
    stage_open(stage);
    for (size_t i = 0; i < 2; i++)
        atomic_store(&stage->cluster->roster->members[i].endpoint->resting_until, stage->clock + 1000);
    for (int i = 0; i < 4; i++)
        guest_comes_and_goes(&guest, stage, 0);
    assert_int_equal(stage->dialled, 1);
    stage_end(stage);
}

static void a_connection_that_the_origin_closed_is_not_reused(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    guest_comes_and_goes(&guest, stage, 0);
    origin_close(&stage->origins[0]);
    stage_beat(stage);
    guest_comes_and_goes(&guest, stage, 1);
    assert_int_equal(stage->dialled, 2);
    stage_end(stage);
}

static void an_idle_connection_is_closed_after_its_time(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.idle_timeout = 1000;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    stage_beat(stage);
    guest_is_served(&first, stage, 0);
    stage_pass(stage, 500);
    guest_is_served(&second, stage, 1);
    stage_pass(stage, 480);
    assert_non_null(stage->origins[0].far);
    stage_pass(stage, 40);
    assert_null(stage->origins[0].far);
    assert_non_null(stage->origins[1].far);
    stage_pass(stage, 450);
    assert_non_null(stage->origins[1].far);
    stage_pass(stage, 50);
    assert_null(stage->origins[1].far);
    assert_int_equal(stage_idle(stage, 0), 0);
    stage_end(stage);
}

static void a_connection_serves_no_more_requests_than_it_may(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage->settings.pool.requests_per_connection = 2;
    stage_open(stage);
    guest_comes_and_goes(&guest, stage, 0);
    assert_non_null(stage->origins[0].far);
    guest_comes_and_goes(&guest, stage, 0);
    assert_null(stage->origins[0].far);
    guest_comes_and_goes(&guest, stage, 1);
    assert_int_equal(stage->dialled, 2);
    stage_end(stage);
}

static void a_stream_that_is_given_up_costs_its_connection(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    guest_claims(&guest, stage);
    stage_beat(stage);
    guest_sends(&guest);
    stage_beat(stage);
    guest_leaves(&guest);
    stage_beat(stage);
    assert_null(stage->origins[0].far);
    assert_int_equal(stage_active(stage, 0), 0);
    assert_int_equal(stage_load(stage, 0), 0);
    stage_end(stage);
}

static void a_stream_whose_connection_dies_is_reset_and_ended_as_always(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    guest_claims(&guest, stage);
    stage_beat(stage);
    guest_sends(&guest);
    stage_beat(stage);
    origin_close(&stage->origins[0]);
    stage_beat(stage);
    assert_true(guest.woken > 1);
    assert_int_not_equal(guest.claim.stream->marks & RESET, 0);
    assert_int_equal(stage_load(stage, 0), 1);
    guest_leaves(&guest);
    assert_int_equal(stage_load(stage, 0), 0);
    stage_end(stage);
}

/* The upstream must wait for the claim, though its last connection is gone. */
static void a_retired_upstream_outlives_the_claims_that_were_granted(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage_open(stage);
    guest_claims(&guest, stage);
    stage_beat(stage);
    guest_sends(&guest);
    stage_retires(stage);
    origin_close(&stage->origins[0]);
    stage_beat(stage);
    guest_leaves(&guest);
    stage_end(stage);
}

static void a_retired_upstream_closes_connections_when_they_become_idle(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest idle, busy;
    stage_open(stage);
    guest_claims(&busy, stage);
    guest_claims(&idle, stage);
    stage_beat(stage);
    guest_is_served(&idle, stage, 1);
    stage_retires(stage);
    assert_null(stage->origins[1].far);
    assert_non_null(stage->origins[0].far);
    guest_is_served(&busy, stage, 0);
    assert_null(stage->origins[0].far);
    stage_end(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_opens_a_connection_and_the_next_one_reuses_it),
        cmocka_unit_test(the_connection_used_last_is_reused_first),
        cmocka_unit_test(gauges_and_load_follow_what_happens),
        cmocka_unit_test(endpoints_take_turns),
        cmocka_unit_test(an_endpoint_that_stands_twice_is_one_with_both_weights),
        cmocka_unit_test(an_endpoint_that_is_reached_needs_no_rest),
        cmocka_unit_test(a_connection_that_the_origin_closed_is_not_reused),
        cmocka_unit_test(an_idle_connection_is_closed_after_its_time),
        cmocka_unit_test(a_connection_serves_no_more_requests_than_it_may),
        cmocka_unit_test(a_stream_that_is_given_up_costs_its_connection),
        cmocka_unit_test(a_stream_whose_connection_dies_is_reset_and_ended_as_always),
        cmocka_unit_test(a_retired_upstream_outlives_the_claims_that_were_granted),
        cmocka_unit_test(a_retired_upstream_closes_connections_when_they_become_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
