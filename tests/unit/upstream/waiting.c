/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that can't be granted at once: who gets what becomes free, and what becomes of the others. */
#include "stage.h"

static void assert_fails_with(const struct guest *guest, const struct fault *fault)
{
    assert_non_null(guest->claim.fault);
    assert_string_equal(guest->claim.fault->name, fault->name);
    assert_null(guest->claim.stream);
}

static void origin_opens(struct stage *stage, size_t origin)
{
    link_mark(&stage->origins[origin].near->link, LINK_OPEN);
    stage_beat(stage);
}

static void a_refused_connection_fails_its_claim_and_names_the_endpoint(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest guest;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    assert_false(guest_claims(&guest, stage));
    link_break(&stage->origins[0].near->link, FAULT(connect_refused));
    stage_beat(stage);
    assert_int_equal(guest.woken, 1);
    assert_fails_with(&guest, FAULT(connect_refused));
    assert_ptr_equal(guest.claim.endpoint, stage->cluster->roster->members[0].endpoint);
    assert_int_equal(stage_load(stage, 0), 0);
    guest_leaves(&guest);
    stage_end(stage);
}

static void a_dial_that_fails_at_once_answers_at_once(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage->dialling = DIAL_FAILS;
    stage_open(stage);
    assert_true(guest_claims(&guest, stage));
    assert_fails_with(&guest, FAULT(connect_failed));
    assert_ptr_equal(guest.claim.endpoint, stage->cluster->roster->members[0].endpoint);
    assert_int_equal(stage_load(stage, 0), 0);
    guest_leaves(&guest);
    stage_end(stage);
}

static void a_connection_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    guest_init(&guest, stage);
    guest.claim.connect_timeout = 200;
    assert_false(upstream_claim(stage->upstream, &guest.claim));
    stage_pass(stage, 199);
    assert_int_equal(guest.woken, 0);
    stage_pass(stage, 20);
    assert_int_equal(guest.woken, 1);
    assert_fails_with(&guest, FAULT(connect_timeout));
    assert_null(stage->origins[0].far);
    guest_leaves(&guest);
    stage_end(stage);
}

static void a_second_attempt_goes_to_an_endpoint_not_tried(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3);
    struct guest guest;
    stage->dialling = DIAL_FAILS;
    stage_open(stage);
    guest_init(&guest, stage);
    unsigned seen = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        assert_true(upstream_claim(stage->upstream, &guest.claim));
        seen |= 1u << guest_index(&guest, stage);
        guest_tried(&guest, guest.claim.endpoint->id);
        claim_end(&guest.claim);
    }
    assert_int_equal(seen, 7);
    assert_true(upstream_claim(stage->upstream, &guest.claim));
    assert_non_null(guest.claim.endpoint);
    assert_int_equal(guest.claim.tried_count, 0);
    guest_leaves(&guest);
    stage_end(stage);
}

static void weights_of_zero_leave_no_endpoint(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest guest;
    stage->endpoints[0].weight = stage->endpoints[1].weight = 0;
    stage_open(stage);
    assert_true(guest_claims(&guest, stage));
    assert_fails_with(&guest, FAULT(no_endpoint));
    assert_null(guest.claim.endpoint);
    guest_leaves(&guest);
    stage_end(stage);
}

static void a_cluster_without_endpoints_has_no_endpoint(void **state)
{
    (void)state;
    struct stage *stage = stage_new(0);
    struct guest guest;
    stage_open(stage);
    assert_true(guest_claims(&guest, stage));
    assert_fails_with(&guest, FAULT(no_endpoint));
    guest_leaves(&guest);
    stage_end(stage);
}

static void claims_beyond_the_connection_limit_are_served_in_order(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guests[3];
    stage->settings.pool.connections = 1;
    stage_open(stage);
    for (size_t i = 0; i < 3; i++)
        assert_false(guest_claims(&guests[i], stage));
    stage_beat(stage);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(guests[i].claim.stream);
        assert_int_equal(guests[i].claim.reused, i > 0);
        for (size_t later = i + 1; later < 3; later++)
            assert_int_equal(guests[later].woken, 0);
        guest_is_served(&guests[i], stage, 0);
    }
    assert_int_equal(stage->dialled, 1);
    stage_end(stage);
}

static void a_connection_that_ends_makes_room_for_who_waits(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage_open(stage);
    guest_claims(&first, stage);
    stage_beat(stage);
    assert_false(guest_claims(&second, stage));
    guest_sends(&first);
    stage_beat(stage);
    origin_close(&stage->origins[0]);
    stage_beat(stage);
    assert_int_equal(second.woken, 1);
    assert_false(second.claim.reused);
    guest_leaves(&first);
    guest_is_served(&second, stage, 1);
    stage_end(stage);
}

static void a_failed_connection_makes_room_for_who_waits(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    assert_int_equal(stage->dialled, 1);
    link_break(&stage->origins[0].near->link, FAULT(connect_refused));
    stage_beat(stage);
    assert_fails_with(&first, FAULT(connect_refused));
    assert_int_equal(second.woken, 0);
    assert_int_equal(stage->dialled, 2);
    origin_opens(stage, 1);
    assert_non_null(second.claim.stream);
    guest_leaves(&first);
    guest_is_served(&second, stage, 1);
    stage_end(stage);
}

static void a_full_queue_refuses_at_once(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guests[3];
    stage->settings.pool.connections = 1;
    stage->settings.pool.pending = 1;
    stage_open(stage);
    assert_false(guest_claims(&guests[0], stage));
    assert_false(guest_claims(&guests[1], stage));
    assert_true(guest_claims(&guests[2], stage));
    assert_fails_with(&guests[2], FAULT(pending_full));
    guest_leaves(&guests[1]);
    guest_leaves(&guests[2]);
    assert_false(guest_claims(&guests[1], stage));
    for (size_t i = 0; i < 2; i++)
        guest_leaves(&guests[i]);
    stage_end(stage);
}

static void waiting_ends_after_the_pending_timeout(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage->settings.pool.pending_timeout = 300;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    stage_pass(stage, 299);
    assert_int_equal(second.woken, 0);
    stage_pass(stage, 20);
    assert_int_equal(second.woken, 1);
    assert_fails_with(&second, FAULT(pending_timeout));
    assert_null(first.claim.fault);
    guest_leaves(&second);
    guest_is_served(&first, stage, 0);
    stage_end(stage);
}

/* The weights send the first two requests to the first endpoint. */
static void a_full_endpoint_is_passed_over_for_one_with_room(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage->endpoints[0].weight = 3;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    stage_beat(stage);
    assert_int_equal(guest_index(&first, stage), 0);
    assert_int_equal(guest_index(&second, stage), 1);
    guest_is_served(&first, stage, 0);
    guest_is_served(&second, stage, 1);
    stage_end(stage);
}

static void a_claim_that_waits_goes_to_whichever_endpoint_is_free_first(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest guests[3];
    stage->settings.pool.connections = 1;
    stage_open(stage);
    for (size_t i = 0; i < 3; i++)
        guest_claims(&guests[i], stage);
    stage_beat(stage);
    assert_int_equal(guests[2].woken, 0);
    assert_null(guests[2].claim.endpoint);
    const struct endpoint *freed = guests[1].claim.endpoint;
    guest_is_served(&guests[1], stage, 1);
    assert_ptr_equal(guests[2].claim.endpoint, freed);
    guest_is_served(&guests[2], stage, 1);
    guest_is_served(&guests[0], stage, 0);
    stage_end(stage);
}

static void a_claim_that_waits_is_not_given_what_it_tried(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest first, second, third;
    stage->settings.pool.connections = 1;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    stage_beat(stage);
    guest_init(&third, stage);
    guest_tried(&third, first.claim.endpoint->id);
    assert_false(upstream_claim(stage->upstream, &third.claim));
    guest_is_served(&first, stage, 0);
    assert_int_equal(third.woken, 0);
    guest_is_served(&second, stage, 1);
    assert_int_equal(guest_index(&third, stage), 1);
    guest_is_served(&third, stage, 1);
    stage_end(stage);
}

static void a_claim_that_connects_takes_what_becomes_idle_first(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage_open(stage);
    guest_claims(&first, stage);
    stage_beat(stage);
    stage->dialling = DIAL_SLOW;
    assert_false(guest_claims(&second, stage));
    guest_is_served(&first, stage, 0);
    assert_int_equal(second.woken, 1);
    assert_true(second.claim.reused);
    origin_opens(stage, 1);
    assert_int_equal(stage_idle(stage, 0), 1);
    guest_is_served(&second, stage, 0);
    assert_int_equal(stage_idle(stage, 0), 2);
    stage_end(stage);
}

static void a_connection_nobody_needs_any_more_may_fail(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    guest_claims(&guest, stage);
    guest_leaves(&guest);
    assert_int_equal(stage_load(stage, 0), 0);
    link_break(&stage->origins[0].near->link, FAULT(connect_refused));
    stage_beat(stage);
    assert_int_equal(guest.woken, 0);
    stage_end(stage);
}

static void a_connection_under_way_serves_whoever_waits_when_it_opens(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    guest_claims(&first, stage);
    guest_claims(&second, stage);
    guest_leaves(&first);
    origin_opens(stage, 0);
    assert_int_equal(second.woken, 1);
    guest_is_served(&second, stage, 0);
    assert_int_equal(stage->dialled, 1);
    stage_end(stage);
}

static void retiring_gives_up_connections_under_way(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest guest;
    stage->dialling = DIAL_SLOW;
    stage_open(stage);
    guest_claims(&guest, stage);
    guest_leaves(&guest);
    stage_retires(stage);
    assert_null(stage->origins[0].far);
    stage_end(stage);
}

static void a_claim_for_a_new_connection_gets_no_kept_one(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    struct guest guest;
    stage_open(stage);
    guest_comes_and_goes(&guest, stage, 0);
    guest_init(&guest, stage);
    guest.claim.only = stage_id(stage, 0);
    assert_false(upstream_claim(stage->upstream, &guest.claim));
    stage_beat(stage);
    assert_false(guest.claim.reused);
    assert_int_equal(guest_index(&guest, stage), 0);
    assert_int_equal(stage->origins[1].port, 1);
    guest_is_served(&guest, stage, 1);
    stage_end(stage);
}

static void a_claim_for_a_new_connection_pushes_out_a_kept_one(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1);
    struct guest first, second;
    stage->settings.pool.connections = 1;
    stage_open(stage);
    guest_claims(&first, stage);
    stage_beat(stage);
    guest_init(&second, stage);
    second.claim.only = stage_id(stage, 0);
    assert_false(upstream_claim(stage->upstream, &second.claim));
    assert_int_equal(stage->dialled, 1);
    guest_is_served(&first, stage, 0);
    assert_null(stage->origins[0].far);
    assert_int_equal(stage->dialled, 2);
    assert_false(second.claim.reused);
    guest_is_served(&second, stage, 1);
    second.claim.only = stage_id(stage, 0);
    assert_false(upstream_claim(stage->upstream, &second.claim));
    stage_beat(stage);
    assert_null(stage->origins[1].far);
    guest_is_served(&second, stage, 2);
    stage_end(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_connection_fails_its_claim_and_names_the_endpoint),
        cmocka_unit_test(a_dial_that_fails_at_once_answers_at_once),
        cmocka_unit_test(a_connection_that_takes_too_long_is_given_up),
        cmocka_unit_test(a_second_attempt_goes_to_an_endpoint_not_tried),
        cmocka_unit_test(weights_of_zero_leave_no_endpoint),
        cmocka_unit_test(a_cluster_without_endpoints_has_no_endpoint),
        cmocka_unit_test(claims_beyond_the_connection_limit_are_served_in_order),
        cmocka_unit_test(a_connection_that_ends_makes_room_for_who_waits),
        cmocka_unit_test(a_failed_connection_makes_room_for_who_waits),
        cmocka_unit_test(a_full_queue_refuses_at_once),
        cmocka_unit_test(waiting_ends_after_the_pending_timeout),
        cmocka_unit_test(a_full_endpoint_is_passed_over_for_one_with_room),
        cmocka_unit_test(a_claim_that_waits_goes_to_whichever_endpoint_is_free_first),
        cmocka_unit_test(a_claim_that_waits_is_not_given_what_it_tried),
        cmocka_unit_test(a_claim_that_connects_takes_what_becomes_idle_first),
        cmocka_unit_test(a_connection_nobody_needs_any_more_may_fail),
        cmocka_unit_test(a_connection_under_way_serves_whoever_waits_when_it_opens),
        cmocka_unit_test(retiring_gives_up_connections_under_way),
        cmocka_unit_test(a_claim_for_a_new_connection_gets_no_kept_one),
        cmocka_unit_test(a_claim_for_a_new_connection_pushes_out_a_kept_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
