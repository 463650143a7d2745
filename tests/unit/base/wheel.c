/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/wheel.h"

#define START 1000003

struct alarm {
    struct timer timer;
    struct wheel *wheel;
    struct alarm *other; /* what its firing concerns */
    uint64_t due;
    uint64_t fired_at;
    unsigned fired;
};

static struct wheel wheel;

static int start_wheel(void **state)
{
    (void)state;
    wheel_init(&wheel, START);
    return 0;
}

static void ring(struct timer *timer)
{
    struct alarm *alarm = CONTAINER(timer, struct alarm, timer);
    alarm->fired_at = alarm->wheel->now;
    alarm->fired++;
}

static void ring_and_set_again(struct timer *timer)
{
    ring(timer);
    wheel_set(&wheel, timer, 0);
}

static void ring_and_cancel_other(struct timer *timer)
{
    ring(timer);
    wheel_cancel(&wheel, &CONTAINER(timer, struct alarm, timer)->other->timer);
}

/* One revolution further: the other timer's slot stays the same, which must not keep it among the due
 * ones. */
static void ring_and_put_off_other(struct timer *timer)
{
    ring(timer);
    wheel_set(&wheel, &CONTAINER(timer, struct alarm, timer)->other->timer, WHEEL_SLOTS * WHEEL_TICK_MS);
}

static struct alarm alarm_with(void (*fire)(struct timer *))
{
    return (struct alarm){.timer = {.fire = fire}, .wheel = &wheel};
}

static void set(struct alarm *alarm, uint64_t delay)
{
    alarm->due = wheel.now + delay;
    wheel_set(&wheel, &alarm->timer, delay);
}

static void a_timer_fires_once_at_most_a_tick_late_and_never_early(void **state)
{
    (void)state;
    for (uint64_t delay = 0; delay < 100; delay++) {
        struct alarm alarm = alarm_with(ring);
        set(&alarm, delay);
        assert_true(timer_is_set(&alarm.timer));
        for (uint64_t i = 0; i < 200; i++)
            wheel_advance(&wheel, wheel.now + 1);
        assert_int_equal(alarm.fired, 1);
        assert_false(timer_is_set(&alarm.timer));
        assert_in_range(alarm.fired_at, alarm.due, alarm.due + WHEEL_TICK_MS);
    }
}

static void an_empty_wheel_has_nothing_to_wait_for(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring);
    assert_true(wheel_next(&wheel) == UINT64_MAX);
    set(&alarm, 50);
    assert_in_range(wheel_next(&wheel), 50, 50 + WHEEL_TICK_MS);
    wheel_cancel(&wheel, &alarm.timer);
    wheel_cancel(&wheel, &alarm.timer);
    assert_true(wheel_next(&wheel) == UINT64_MAX);
    wheel_advance(&wheel, START + 1000);
    assert_int_equal(alarm.fired, 0);
}

static void sleeping_as_long_as_the_wheel_says_is_enough(void **state)
{
    (void)state;
    uint64_t delays[] = {0, 1, 15, 16, 17, 1000, 16383, 16384, 16385, 60000, 3600000};
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        struct alarm alarm = alarm_with(ring);
        set(&alarm, delays[i]);
        while (wheel_next(&wheel) != UINT64_MAX)
            wheel_advance(&wheel, wheel.now + wheel_next(&wheel));
        assert_int_equal(alarm.fired, 1);
        assert_in_range(alarm.fired_at, alarm.due, alarm.due + WHEEL_TICK_MS);
    }
}

static void a_long_jump_fires_everything_due_and_nothing_else(void **state)
{
    (void)state;
    struct alarm soon = alarm_with(ring), late = alarm_with(ring), later = alarm_with(ring);
    set(&soon, 5);
    set(&late, 100000);
    set(&later, 100100);
    wheel_advance(&wheel, START + 100050);
    assert_int_equal(soon.fired, 1);
    assert_int_equal(late.fired, 1);
    assert_int_equal(later.fired, 0);
    wheel_advance(&wheel, START + 10000000);
    assert_int_equal(later.fired, 1);
}

static void setting_again_moves_the_timer_both_ways(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring);
    set(&alarm, 100);
    set(&alarm, 1000);
    wheel_advance(&wheel, START + 999);
    assert_int_equal(alarm.fired, 0);
    set(&alarm, 5000);
    set(&alarm, 20);
    wheel_advance(&wheel, wheel.now + 20 + WHEEL_TICK_MS);
    assert_int_equal(alarm.fired, 1);
    wheel_advance(&wheel, wheel.now + 20000);
    assert_int_equal(alarm.fired, 1);
}

static void a_timer_put_off_by_each_request_never_fires(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring);
    for (int i = 0; i < 100000; i++) {
        set(&alarm, 100);
        wheel_advance(&wheel, wheel.now + 7);
    }
    assert_int_equal(alarm.fired, 0);
    wheel_advance(&wheel, wheel.now + 100 + WHEEL_TICK_MS);
    assert_int_equal(alarm.fired, 1);
}

static void who_fires_may_set_itself_again_without_a_loop(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring_and_set_again);
    set(&alarm, 0);
    wheel_advance(&wheel, START + 100);
    assert_int_equal(alarm.fired, 1);
    assert_true(timer_is_set(&alarm.timer));
    wheel_advance(&wheel, START + 200);
    assert_int_equal(alarm.fired, 2);
}

static void who_fires_may_cancel_another_that_is_due(void **state)
{
    (void)state;
    struct alarm first = alarm_with(ring_and_cancel_other), second = alarm_with(ring);
    first.other = &second;
    set(&first, 20);
    set(&second, 20);
    wheel_advance(&wheel, START + 100);
    assert_int_equal(first.fired, 1);
    assert_int_equal(second.fired, 0);
    assert_false(timer_is_set(&second.timer));
    assert_true(wheel_next(&wheel) == UINT64_MAX);
}

static void who_fires_may_put_off_another_that_is_due(void **state)
{
    (void)state;
    struct alarm first = alarm_with(ring_and_put_off_other), second = alarm_with(ring);
    first.other = &second;
    set(&first, 20);
    set(&second, 20);
    wheel_advance(&wheel, START + 100);
    assert_int_equal(second.fired, 0);
    wheel_advance(&wheel, START + 100 + WHEEL_SLOTS * WHEEL_TICK_MS - 1);
    assert_int_equal(second.fired, 0);
    wheel_advance(&wheel, wheel.now + 1 + WHEEL_TICK_MS);
    assert_int_equal(second.fired, 1);
}

static void a_clock_that_goes_back_fires_nothing(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring);
    set(&alarm, 20);
    wheel_advance(&wheel, 5);
    assert_int_equal(wheel.now, START);
    assert_int_equal(alarm.fired, 0);
    wheel_advance(&wheel, START + 40);
    assert_int_equal(alarm.fired, 1);
}

static void an_endless_delay_never_fires(void **state)
{
    (void)state;
    struct alarm alarm = alarm_with(ring);
    set(&alarm, UINT64_MAX);
    for (int i = 0; i < 2000; i++)
        wheel_advance(&wheel, wheel.now + wheel_next(&wheel));
    assert_int_equal(alarm.fired, 0);
    wheel_cancel(&wheel, &alarm.timer);
}

/* Random sets, cancels and jumps, compared with what a plain table of deadlines says. */
static void many_timers_behave_like_a_table_of_deadlines(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    static struct alarm alarms[COUNT];
    srand(7);
    for (int i = 0; i < COUNT; i++)
        alarms[i] = alarm_with(ring);
    for (int round = 0; round < 20000; round++) {
        struct alarm *alarm = &alarms[rand() % COUNT];
        alarm->fired = 0;
        if (rand() % 4 == 0)
            wheel_cancel(&wheel, &alarm->timer);
        else
            set(alarm, (uint64_t)rand() % (rand() % 2 ? 300 : 40000));
        wheel_advance(&wheel, wheel.now + (uint64_t)rand() % (round % 500 == 0 ? 50000 : 30));
        for (int i = 0; i < COUNT; i++) {
            if (timer_is_set(&alarms[i].timer))
                assert_true(wheel.now < alarms[i].due + WHEEL_TICK_MS);
            if (alarms[i].fired != 0)
                assert_true(alarms[i].fired == 1 && alarms[i].fired_at >= alarms[i].due);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_timer_fires_once_at_most_a_tick_late_and_never_early, start_wheel),
        cmocka_unit_test_setup(an_empty_wheel_has_nothing_to_wait_for, start_wheel),
        cmocka_unit_test_setup(sleeping_as_long_as_the_wheel_says_is_enough, start_wheel),
        cmocka_unit_test_setup(a_long_jump_fires_everything_due_and_nothing_else, start_wheel),
        cmocka_unit_test_setup(setting_again_moves_the_timer_both_ways, start_wheel),
        cmocka_unit_test_setup(a_timer_put_off_by_each_request_never_fires, start_wheel),
        cmocka_unit_test_setup(who_fires_may_set_itself_again_without_a_loop, start_wheel),
        cmocka_unit_test_setup(who_fires_may_cancel_another_that_is_due, start_wheel),
        cmocka_unit_test_setup(who_fires_may_put_off_another_that_is_due, start_wheel),
        cmocka_unit_test_setup(a_clock_that_goes_back_fires_nothing, start_wheel),
        cmocka_unit_test_setup(an_endless_delay_never_fires, start_wheel),
        cmocka_unit_test_setup(many_timers_behave_like_a_table_of_deadlines, start_wheel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
