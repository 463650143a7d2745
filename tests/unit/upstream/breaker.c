/* SPDX-License-Identifier: Apache-2.0 */
/* The circuit breaker, and in which order endpoints are preferred. */
#include "stage.h"

static uint32_t active(const struct stage *stage)
{
    return atomic_load(&stage->cluster->active);
}

static struct stage *broken_at(unsigned max_requests)
{
    struct stage *stage = stage_new(2);
    stage->settings.max_requests = max_requests;
    return stage;
}

static void the_limit_holds_over_all_upstreams_of_a_cluster(void **state)
{
    (void)state;
    struct guest guests[4];
    struct stage *stage = broken_at(3);
    stage_open(stage);
    struct upstream *first = stage->upstream;
    struct upstream *second = upstream_new(&stage->loop, stage->cluster, &stage->http);
    upstream_dial_with(second, &stage->dialer);
    for (int i = 0; i < 4; i++) {
        stage->upstream = i % 2 == 0 ? first : second;
        assert_int_equal(guest_claims(&guests[i], stage), i == 3);
    }
    assert_ptr_equal(guests[3].claim.fault, FAULT(circuit_open));
    assert_int_equal(active(stage), 3);
    for (int i = 0; i < 4; i++)
        guest_leaves(&guests[i]);
    assert_int_equal(active(stage), 0);
    upstream_unref(second);
    stage->upstream = first;
    stage_end(stage);
}

static void one_that_ends_makes_room_for_another(void **state)
{
    (void)state;
    struct guest guest, other;
    struct stage *stage = broken_at(1);
    stage_open(stage);
    for (int i = 0; i < 5; i++) {
        guest_claims(&guest, stage);
        stage_beat(stage);
        assert_true(guest_claims(&other, stage));
        assert_ptr_equal(other.claim.fault, FAULT(circuit_open));
        guest_leaves(&other);
        assert_int_equal(active(stage), 1);
        guest_leaves(&guest);
        assert_int_equal(active(stage), 0);
        stage_beat(stage);
    }
    stage_end(stage);
}

static void it_counts_down_when_a_connection_fails(void **state)
{
    (void)state;
    struct guest guest;
    struct stage *stage = broken_at(2);
    stage_open(stage);
    stage->dialling = DIAL_FAILS;
    assert_true(guest_claims(&guest, stage));
    assert_ptr_equal(guest.claim.fault, FAULT(connect_failed));
    assert_int_equal(active(stage), 0);
    guest_leaves(&guest);
    stage->dialling = DIAL_SLOW;
    assert_false(guest_claims(&guest, stage));
    assert_int_equal(active(stage), 1);
    link_break(&stage->origins[0].near->link, FAULT(connect_refused));
    stage_beat(stage);
    assert_ptr_equal(guest.claim.fault, FAULT(connect_refused));
    assert_int_equal(active(stage), 0);
    guest_leaves(&guest);
    assert_int_equal(active(stage), 0);
    stage_end(stage);
}

static void it_counts_down_when_waiting_was_in_vain(void **state)
{
    (void)state;
    struct guest busy[2], late, leaving, full;
    struct stage *stage = broken_at(10);
    stage->settings.pool.connections = 1;
    stage->settings.pool.pending = 2;
    stage->settings.pool.pending_timeout = 100;
    stage_open(stage);
    guest_claims(&busy[0], stage);
    guest_claims(&busy[1], stage);
    stage_beat(stage);
    assert_false(guest_claims(&late, stage));
    assert_false(guest_claims(&leaving, stage));
    assert_int_equal(active(stage), 4);
    assert_true(guest_claims(&full, stage));
    assert_ptr_equal(full.claim.fault, FAULT(pending_full));
    assert_int_equal(active(stage), 4);
    guest_leaves(&leaving);
    assert_int_equal(active(stage), 3);
    stage_pass(stage, 150);
    assert_ptr_equal(late.claim.fault, FAULT(pending_timeout));
    assert_int_equal(active(stage), 2);
    guest_leaves(&late);
    guest_leaves(&full);
    guest_leaves(&busy[0]);
    guest_leaves(&busy[1]);
    assert_int_equal(active(stage), 0);
    stage_end(stage);
}

static void it_counts_down_when_no_endpoint_is_fit(void **state)
{
    (void)state;
    struct guest guest;
    struct stage *stage = broken_at(1);
    stage_open(stage);
    for (size_t i = 0; i < 2; i++)
        atomic_store(&stage->cluster->roster->members[i].endpoint->standing, ENDPOINT_SICK);
    for (int i = 0; i < 3; i++) {
        assert_true(guest_claims(&guest, stage));
        assert_ptr_equal(guest.claim.fault, FAULT(no_endpoint));
        assert_int_equal(active(stage), 0);
        guest_leaves(&guest);
    }
    stage_end(stage);
}

static void install(struct stage *stage)
{
    cluster_install(stage->cluster, roster_new(&stage->settings));
    assert_true(upstream_refresh(stage->upstream));
}

static void a_limit_that_changes_meanwhile_leaves_the_count_right(void **state)
{
    (void)state;
    struct guest before, between, after;
    struct stage *stage = broken_at(0);
    stage_open(stage);
    guest_claims(&before, stage);
    stage->settings.max_requests = 1;
    install(stage);
    guest_claims(&between, stage);
    assert_null(between.claim.fault);
    stage->settings.max_requests = 0;
    install(stage);
    guest_claims(&after, stage);
    assert_int_equal(active(stage), 1);
    guest_leaves(&before);
    guest_leaves(&after);
    guest_leaves(&between);
    assert_int_equal(active(stage), 0);
    stage_end(stage);
}

static void set_standing(struct stage *stage, size_t endpoint, unsigned standing)
{
    atomic_store(&stage->cluster->roster->members[endpoint].endpoint->standing, standing);
}

static void rest(struct stage *stage, size_t endpoint, uint64_t until)
{
    atomic_store(&stage->cluster->roster->members[endpoint].endpoint->resting_until, until);
}

static size_t chosen(struct stage *stage)
{
    struct guest guest;
    guest_claims(&guest, stage);
    stage_beat(stage);
    assert_null(guest.claim.fault);
    size_t index = guest_index(&guest, stage);
    guest_leaves(&guest);
    stage_beat(stage);
    return index;
}

/* Ten times in a row. */
static void assert_always(struct stage *stage, size_t endpoint)
{
    for (int i = 0; i < 10; i++)
        assert_int_equal(chosen(stage), endpoint);
}

static void a_backup_serves_when_no_primary_is_fit(void **state)
{
    (void)state;
    static const unsigned unfit[] = {ENDPOINT_SICK, ENDPOINT_DRAIN, ENDPOINT_DOWN};
    struct stage *stage = stage_new(3);
    stage->endpoints[2].backup = true;
    stage_open(stage);
    for (size_t i = 0; i < 3; i++) {
        set_standing(stage, 0, unfit[i]);
        assert_always(stage, 1);
        set_standing(stage, 1, unfit[i]);
        assert_always(stage, 2);
        set_standing(stage, 0, 0);
        assert_always(stage, 0);
        set_standing(stage, 1, 0);
    }
    set_standing(stage, 2, ENDPOINT_SICK);
    assert_true(chosen(stage) < 2);
    stage_end(stage);
}

static void one_that_rests_comes_after_the_others_and_before_backups(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3);
    stage->endpoints[2].backup = true;
    stage_open(stage);
    rest(stage, 0, stage->clock + 1000);
    assert_always(stage, 1);
    set_standing(stage, 1, ENDPOINT_SICK);
    assert_always(stage, 0);
    set_standing(stage, 0, ENDPOINT_SICK);
    rest(stage, 2, stage->clock + 1000);
    assert_always(stage, 2);
    stage_end(stage);
}

static void a_primary_without_weight_leaves_it_to_the_backup(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2);
    stage->endpoints[0].weight = 0;
    stage->endpoints[1].backup = true;
    stage_open(stage);
    assert_always(stage, 1);
    stage_end(stage);
}

static size_t pinned_to(struct stage *stage, size_t endpoint)
{
    struct guest guest;
    guest_init(&guest, stage);
    guest.claim.pinned = stage_id(stage, endpoint);
    upstream_claim(stage->upstream, &guest.claim);
    stage_beat(stage);
    size_t index = guest_index(&guest, stage);
    guest_leaves(&guest);
    stage_beat(stage);
    return index;
}

static void one_that_is_pinned_stays_while_its_endpoint_is_drained_and_no_longer(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3);
    stage_open(stage);
    for (int i = 0; i < 6; i++) {
        set_standing(stage, 1, i % 2 == 0 ? 0 : ENDPOINT_DRAIN);
        assert_int_equal(pinned_to(stage, 1), 1);
    }
    set_standing(stage, 1, ENDPOINT_DRAIN | ENDPOINT_SICK);
    assert_int_not_equal(pinned_to(stage, 1), 1);
    set_standing(stage, 1, ENDPOINT_DOWN);
    assert_int_not_equal(pinned_to(stage, 1), 1);
    set_standing(stage, 1, 0);
    rest(stage, 1, stage->clock + 1000);
    assert_int_not_equal(pinned_to(stage, 1), 1);
    stage_end(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_holds_over_all_upstreams_of_a_cluster),
        cmocka_unit_test(one_that_ends_makes_room_for_another),
        cmocka_unit_test(it_counts_down_when_a_connection_fails),
        cmocka_unit_test(it_counts_down_when_waiting_was_in_vain),
        cmocka_unit_test(it_counts_down_when_no_endpoint_is_fit),
        cmocka_unit_test(a_limit_that_changes_meanwhile_leaves_the_count_right),
        cmocka_unit_test(a_backup_serves_when_no_primary_is_fit),
        cmocka_unit_test(one_that_rests_comes_after_the_others_and_before_backups),
        cmocka_unit_test(a_primary_without_weight_leaves_it_to_the_backup),
        cmocka_unit_test(one_that_is_pinned_stays_while_its_endpoint_is_drained_and_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
