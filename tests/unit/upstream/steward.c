/* SPDX-License-Identifier: Apache-2.0 */
/* What config and operator make of a cluster together, over reloads. */
#include "stage.h"

#include "upstream/steward.h"

static struct stage *stage;
static struct stewards stewards;
static unsigned changes;

static void on_changed(void *owner)
{
    assert_ptr_equal(owner, &stewards);
    changes++;
}

static void follow(size_t endpoints)
{
    stage->settings.endpoint_count = endpoints;
    stewards_follow(&stewards, &stage->cluster, &stage->settings, 1);
}

static int begin(void **state)
{
    (void)state;
    changes = 0;
    stage = stage_new(3);
    stage_open(stage);
    stewards_init(&stewards, &stage->loop, NULL);
    stewards.dialer = &stage->dialer;
    stewards.changed = on_changed;
    stewards.owner = &stewards;
    return 0;
}

static int end(void **state)
{
    (void)state;
    stewards_clear(&stewards);
    stage_end(stage);
    return 0;
}

static const struct member *member_of(const char *name)
{
    const struct roster *roster = stage->cluster->roster;
    for (size_t i = 0; i < roster->count; i++)
        if (text_equal(roster->members[i].endpoint->name, text_of(name)))
            return &roster->members[i];
    return NULL;
}

static unsigned standing_of(const char *name)
{
    return atomic_load(&member_of(name)->endpoint->standing);
}

static enum wish_outcome weigh(const char *name, unsigned weight)
{
    return stewards_put(&stewards, TEXT("app"),
                        &(struct endpoint_wish){.name = text_of(name), .has_weight = true, .weight = weight});
}

static enum wish_outcome stand(const char *name, unsigned standing)
{
    return stewards_put(
        &stewards, TEXT("app"),
        &(struct endpoint_wish){.name = text_of(name), .has_standing = true, .standing = standing});
}

static enum wish_outcome take_away(const char *name)
{
    return stewards_remove(&stewards, TEXT("app"), text_of(name));
}

static void what_the_operator_changed_stays_over_reloads(void **state)
{
    (void)state;
    follow(3);
    assert_int_equal(weigh("127.0.0.1:1", 7), WISH_DONE);
    assert_int_equal(stand("127.0.0.1:2", ENDPOINT_DRAIN), WISH_DONE);
    assert_int_equal(stand("127.0.0.1:3", ENDPOINT_DOWN), WISH_DONE);
    assert_int_equal(changes, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(member_of("127.0.0.1:1")->weight, 7);
        assert_int_equal(member_of("127.0.0.1:2")->weight, 1);
        assert_int_equal(standing_of("127.0.0.1:1"), 0);
        assert_int_equal(standing_of("127.0.0.1:2"), ENDPOINT_DRAIN);
        assert_int_equal(standing_of("127.0.0.1:3"), ENDPOINT_DOWN);
        follow(3);
    }
    assert_int_equal(changes, 3); /* a reload tells the loops itself */
    assert_int_equal(stand("127.0.0.1:3", 0), WISH_DONE);
    assert_int_equal(standing_of("127.0.0.1:3"), 0);
}

static void a_wish_that_says_one_thing_leaves_the_other(void **state)
{
    (void)state;
    follow(1);
    assert_int_equal(weigh("127.0.0.1:1", 7), WISH_DONE);
    assert_int_equal(stand("127.0.0.1:1", ENDPOINT_DRAIN), WISH_DONE);
    assert_int_equal(member_of("127.0.0.1:1")->weight, 7);
    assert_int_equal(weigh("127.0.0.1:1", 0), WISH_DONE);
    struct endpoint_wish wish = {.name = TEXT("127.0.0.1:1")};
    assert_true(stewards_get(&stewards, TEXT("app"), &wish));
    assert_int_equal(wish.weight, 0);
    assert_int_equal(wish.standing, ENDPOINT_DRAIN);
}

static void an_endpoint_that_was_added_stays_until_it_is_removed(void **state)
{
    (void)state;
    follow(2);
    assert_int_equal(weigh("127.0.0.1:9", 5), WISH_ADDED);
    assert_int_equal(weigh("127.0.0.1:9", 6), WISH_DONE);
    follow(2);
    assert_int_equal(stage->cluster->roster->count, 3);
    assert_int_equal(member_of("127.0.0.1:9")->weight, 6);
    assert_int_equal(take_away("127.0.0.1:9"), WISH_DONE);
    assert_null(member_of("127.0.0.1:9"));
    assert_int_equal(take_away("127.0.0.1:9"), WISH_NO_ENDPOINT);
    follow(2);
    assert_int_equal(stage->cluster->roster->count, 2);
}

static void what_was_added_is_there_once_when_the_config_lists_it_too(void **state)
{
    (void)state;
    follow(1);
    assert_int_equal(weigh("127.0.0.1:3", 5), WISH_ADDED);
    follow(3);
    assert_int_equal(stage->cluster->roster->count, 3);
    assert_int_equal(member_of("127.0.0.1:3")->weight, 5);
    follow(1);
    assert_int_equal(stage->cluster->roster->count, 2);
}

static void what_was_removed_stays_away_until_it_is_put_again(void **state)
{
    (void)state;
    follow(3);
    assert_int_equal(weigh("127.0.0.1:2", 5), WISH_DONE);
    assert_int_equal(take_away("127.0.0.1:2"), WISH_DONE);
    assert_null(member_of("127.0.0.1:2"));
    assert_int_equal(weigh("127.0.0.1:1", 2), WISH_DONE); /* another change does not bring it back */
    assert_null(member_of("127.0.0.1:2"));
    follow(3);
    assert_null(member_of("127.0.0.1:2"));
    const struct endpoint_wish again = {.name = TEXT("127.0.0.1:2")};
    assert_int_equal(stewards_put(&stewards, TEXT("app"), &again), WISH_ADDED);
    assert_int_equal(member_of("127.0.0.1:2")->weight, 1); /* as the config has it */
    assert_int_equal(stewards_wishes(stage->cluster)->count, 1);
    follow(1);
    assert_null(member_of("127.0.0.1:2"));
}

static void what_is_taken_back_is_forgotten(void **state)
{
    (void)state;
    follow(2);
    assert_int_equal(weigh("127.0.0.1:1", 5), WISH_DONE);
    assert_int_equal(stand("127.0.0.1:2", ENDPOINT_DOWN), WISH_DONE);
    assert_int_equal(weigh("127.0.0.1:9", 3), WISH_ADDED);
    assert_int_equal(stewards_wishes(stage->cluster)->count, 3);
    const struct endpoint_wish own = {.name = TEXT("127.0.0.1:1"), .forgets_weight = true};
    assert_int_equal(stewards_put(&stewards, TEXT("app"), &own), WISH_DONE);
    assert_int_equal(member_of("127.0.0.1:1")->weight, 1);
    assert_int_equal(stand("127.0.0.1:2", 0), WISH_DONE);
    assert_int_equal(take_away("127.0.0.1:9"), WISH_DONE);
    assert_int_equal(stewards_wishes(stage->cluster)->count, 0);
}

static void all_may_be_removed_and_one_added_again(void **state)
{
    (void)state;
    follow(2);
    assert_int_equal(take_away("127.0.0.1:1"), WISH_DONE);
    assert_int_equal(take_away("127.0.0.1:2"), WISH_DONE);
    assert_int_equal(stage->cluster->roster->count, 0);
    assert_int_equal(weigh("127.0.0.1:2", 3), WISH_ADDED);
    assert_int_equal(member_of("127.0.0.1:2")->weight, 3);
}

static void wishes_for_what_is_not_there_are_refused(void **state)
{
    (void)state;
    follow(1);
    assert_int_equal(take_away("127.0.0.1:9"), WISH_NO_ENDPOINT);
    assert_int_equal(take_away("nonsense"), WISH_BAD_ADDRESS);
    assert_int_equal(weigh("nonsense", 1), WISH_BAD_ADDRESS);
    struct endpoint_wish wish = {.name = TEXT("127.0.0.1:9")};
    assert_int_equal(stewards_put(&stewards, TEXT("other"), &wish), WISH_NO_CLUSTER);
    assert_int_equal(stewards_remove(&stewards, TEXT("other"), wish.name), WISH_NO_CLUSTER);
    assert_false(stewards_get(&stewards, TEXT("app"), &wish));
    assert_int_equal(changes, 0);
}

static void sicken_all(void)
{
    for (size_t i = 0; i < stage->dialled; i++)
        origin_close(&stage->origins[i]);
    stage_beat(stage);
}

static void examine(enum probe_kind kind)
{
    static struct status_range success = {200, 299};
    stage->settings.probe = (struct probe_settings){.kind = kind,
                                                    .path = TEXT("/"),
                                                    .interval = 1000,
                                                    .timeout = 400,
                                                    .healthy = 1,
                                                    .unhealthy = 1,
                                                    .expect = &success,
                                                    .expect_count = 1};
}

static void each_endpoint_is_probed_and_stays_sick_over_reloads(void **state)
{
    (void)state;
    examine(PROBE_HTTP);
    follow(2);
    stage_pass(stage, 300);
    assert_int_equal(stage->dialled, 2);
    sicken_all();
    assert_int_equal(standing_of("127.0.0.1:1"), ENDPOINT_SICK);
    follow(2);
    assert_int_equal(standing_of("127.0.0.1:1"), ENDPOINT_SICK);
    assert_int_equal(stand("127.0.0.1:1", ENDPOINT_DRAIN), WISH_DONE);
    assert_int_equal(standing_of("127.0.0.1:1"), ENDPOINT_SICK | ENDPOINT_DRAIN);
    examine(PROBE_NONE);
    follow(2);
    assert_int_equal(standing_of("127.0.0.1:1"), ENDPOINT_DRAIN);
    size_t dialled = stage->dialled;
    stage_pass(stage, 3000);
    assert_int_equal(stage->dialled, dialled);
}

static void probes_follow_the_endpoints(void **state)
{
    (void)state;
    examine(PROBE_TCP);
    follow(1);
    stage_pass(stage, 1100);
    size_t alone = stage->dialled;
    assert_in_range(alone, 1, 2);
    assert_int_equal(weigh("127.0.0.1:9", 1), WISH_ADDED);
    stage_pass(stage, 10000);
    assert_in_range(stage->dialled - alone, 18, 22);
    assert_int_equal(take_away("127.0.0.1:9"), WISH_DONE);
    size_t both = stage->dialled;
    stage_pass(stage, 10000);
    assert_in_range(stage->dialled - both, 9, 11);
}

static void a_cluster_that_is_gone_is_not_looked_after(void **state)
{
    (void)state;
    examine(PROBE_TCP);
    follow(3);
    stage_pass(stage, 300);
    stewards_follow(&stewards, NULL, NULL, 0);
    size_t dialled = stage->dialled;
    stage_pass(stage, 5000);
    assert_int_equal(stage->dialled, dialled);
    assert_int_equal(weigh("127.0.0.1:1", 3), WISH_NO_CLUSTER);
    follow(3);
    assert_int_equal(weigh("127.0.0.1:1", 3), WISH_DONE);
}

static atomic_bool over;
static atomic_uint slips;

static void *watch(void *standing)
{
    while (!atomic_load(&over))
        if (atomic_load((_Atomic unsigned *)standing) == 0)
            atomic_fetch_add(&slips, 1);
    return NULL;
}

static void an_endpoint_that_is_down_is_never_up_for_a_moment(void **state)
{
    (void)state;
    pthread_t thread;
    follow(3);
    assert_int_equal(stand("127.0.0.1:1", ENDPOINT_DOWN), WISH_DONE);
    atomic_store(&over, false);
    atomic_store(&slips, 0);
    assert_int_equal(pthread_create(&thread, NULL, watch, &member_of("127.0.0.1:1")->endpoint->standing), 0);
    for (int i = 0; i < 20000; i++)
        follow(3);
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&slips), 0);
}

static void only_those_that_join_start_slowly(void **state)
{
    (void)state;
    stage->settings.slow_start = 10000;
    follow(1);
    assert_int_equal(roster_weight(stage->cluster->roster, 0, stage->clock), 256);
    follow(2);
    const struct roster *roster = stage->cluster->roster;
    assert_int_equal(roster_weight(roster, 0, stage->clock), 256);
    assert_int_equal(roster_weight(roster, 1, stage->clock), 1);
    assert_int_equal(roster_weight(roster, 1, stage->clock - 1), 1); /* a worker's clock may be behind */
    uint64_t last = 0;
    for (uint64_t at = 1000; at < 10000; at += 1000) {
        uint64_t weight = roster_weight(roster, 1, stage->clock + at);
        assert_true(weight > last && weight < 256);
        last = weight;
    }
    assert_int_equal(roster_weight(roster, 1, stage->clock + 5000), 128);
    assert_int_equal(roster_weight(roster, 1, stage->clock + 10000), 256);
}

static void one_that_was_ejected_starts_slowly_afterwards(void **state)
{
    (void)state;
    stage->settings.slow_start = 1000;
    follow(2);
    const struct roster *roster = stage->cluster->roster;
    atomic_store(&roster->members[0].endpoint->ejected_until, stage->clock + 500);
    assert_int_equal(roster_weight(roster, 0, stage->clock + 500), 1);
    assert_int_equal(roster_weight(roster, 0, stage->clock + 1000), 128);
    assert_int_equal(roster_weight(roster, 0, stage->clock + 1500), 256);
    atomic_store(&roster->members[0].endpoint->ejected_until, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_the_operator_changed_stays_over_reloads),
        TEST(a_wish_that_says_one_thing_leaves_the_other),
        TEST(an_endpoint_that_was_added_stays_until_it_is_removed),
        TEST(what_was_added_is_there_once_when_the_config_lists_it_too),
        TEST(what_was_removed_stays_away_until_it_is_put_again),
        TEST(what_is_taken_back_is_forgotten),
        TEST(all_may_be_removed_and_one_added_again),
        TEST(wishes_for_what_is_not_there_are_refused),
        TEST(each_endpoint_is_probed_and_stays_sick_over_reloads),
        TEST(probes_follow_the_endpoints),
        TEST(a_cluster_that_is_gone_is_not_looked_after),
        TEST(an_endpoint_that_is_down_is_never_up_for_a_moment),
        TEST(only_those_that_join_start_slowly),
        TEST(one_that_was_ejected_starts_slowly_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
