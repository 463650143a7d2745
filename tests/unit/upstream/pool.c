/* SPDX-License-Identifier: Apache-2.0 */
/* A pool alone, with sessions that do nothing but note how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "upstream/pool.h"

enum { SESSIONS = 6 };

struct puppet {
    struct session session;
    bool closed;
    bool forgotten;
};

struct scene {
    struct loop loop;
    struct cells *cells;
    struct endpoint *endpoint;
    struct pool pool;
    struct puppet puppets[SESSIONS];
};

static struct scene *scene;

static struct puppet *puppet_of(struct session *session)
{
    return CONTAINER(session, struct puppet, session);
}

static void puppet_close(struct session *session)
{
    puppet_of(session)->closed = true;
    session_mark(session, SESSION_CLOSED);
}

static void puppet_forgotten(struct session *session)
{
    puppet_of(session)->forgotten = true;
}

static const struct session_ops puppet_ops = {
    .protocol = "puppet", .close = puppet_close, .forgotten = puppet_forgotten};

static void open_scene(struct pool_settings settings)
{
    struct endpoint_settings endpoint = {.name = TEXT("puppet"), .weight = 1};
    scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->cells = cells_new();
    loop_init(&scene->loop, scene->cells);
    loop_tell_time(&scene->loop, 5000);
    scene->endpoint = endpoint_get(TEXT("scene"), &endpoint);
    pool_init(&scene->pool, &scene->loop, scene->endpoint, &settings);
    for (size_t i = 0; i < SESSIONS; i++)
        scene->puppets[i].session =
            (struct session){.magic = SESSION_MAGIC, .ops = &puppet_ops, .marks = SESSION_IDLE};
}

static int close_scene(void **state)
{
    (void)state;
    while (pool_end_oldest(&scene->pool))
        continue;
    pool_clear(&scene->pool);
    endpoint_unref(scene->endpoint);
    loop_clear(&scene->loop);
    cells_free(scene->cells);
    free(scene);
    return 0;
}

static struct session *adopt(size_t index)
{
    pool_adopt(&scene->pool, &scene->puppets[index].session);
    return &scene->puppets[index].session;
}

static void keep(size_t count)
{
    for (size_t i = 0; i < count; i++)
        pool_give(&scene->pool, adopt(i));
}

static void pass(uint64_t ms)
{
    loop_tell_time(&scene->loop, scene->loop.now_us + ms * 1000);
}

static void the_session_given_last_is_taken_first(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 8});
    keep(3);
    struct session *taken = pool_take(&scene->pool);
    assert_ptr_equal(taken, &scene->puppets[2].session);
    assert_ptr_equal(pool_take(&scene->pool), &scene->puppets[1].session);
    pool_give(&scene->pool, taken);
    assert_ptr_equal(pool_take(&scene->pool), taken);
    assert_ptr_equal(pool_take(&scene->pool), &scene->puppets[0].session);
    assert_null(pool_take(&scene->pool));
    for (size_t i = 0; i < 3; i++)
        pool_end(&scene->pool, &scene->puppets[i].session);
}

static void beyond_the_idle_limit_the_oldest_is_ended(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 2});
    keep(4);
    assert_int_equal(scene->pool.idle_count, 2);
    assert_int_equal(scene->pool.open, 2);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scene->puppets[i].closed, i < 2);
        assert_int_equal(scene->puppets[i].forgotten, i < 2);
    }
}

static void an_idle_limit_of_zero_keeps_nothing(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 0});
    keep(1);
    assert_true(scene->puppets[0].closed);
    assert_int_equal(scene->pool.open, 0);
}

static void each_idle_session_ends_at_its_own_time(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 8, .idle_timeout = 1000});
    for (size_t i = 0; i < 3; i++) {
        pool_give(&scene->pool, adopt(i));
        pass(100);
    }
    pass(680); /* 980 ms after the first came, then 100 ms each to the others */
    for (size_t i = 0; i < 3; i++) {
        assert_false(scene->puppets[i].closed);
        pass(60);
        assert_true(scene->puppets[i].closed);
        pass(40);
    }
}

static void taking_a_session_spares_it_from_its_time(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 8, .idle_timeout = 1000});
    keep(1);
    pass(900);
    struct session *taken = pool_take(&scene->pool);
    pass(500);
    assert_false(scene->puppets[0].closed);
    pool_give(&scene->pool, taken);
    pass(900);
    assert_false(scene->puppets[0].closed);
    pass(120);
    assert_true(scene->puppets[0].closed);
}

static void a_session_that_closed_in_this_turn_is_not_taken(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 8});
    keep(2);
    scene->puppets[1].session.marks |= SESSION_CLOSED;
    assert_ptr_equal(pool_take(&scene->pool), &scene->puppets[0].session);
    assert_null(pool_take(&scene->pool));
    pool_forget(&scene->pool, &scene->puppets[1].session);
    assert_int_equal(scene->pool.idle_count, 0);
    assert_int_equal(scene->pool.open, 1);
    assert_false(scene->puppets[1].closed);
    pool_give(&scene->pool, &scene->puppets[0].session);
}

static void connections_under_way_count_against_the_limit(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 8, .connections = 2});
    assert_true(pool_has_room(&scene->pool));
    keep(1);
    assert_true(pool_has_room(&scene->pool));
    scene->pool.connecting = 1;
    assert_false(pool_has_room(&scene->pool));
    scene->pool.connecting = 0;
    adopt(1);
    assert_false(pool_has_room(&scene->pool));
    pool_end(&scene->pool, &scene->puppets[1].session);
    assert_true(pool_has_room(&scene->pool));
}

static void gauges_come_out_even(void **state)
{
    (void)state;
    open_scene((struct pool_settings){.idle = 2});
    keep(4);
    assert_int_equal(counter_sum(scene->endpoint->connections_idle), 2);
    assert_int_equal(counter_sum(scene->endpoint->connections_active), 0);
    struct session *taken = pool_take(&scene->pool);
    assert_int_equal(counter_sum(scene->endpoint->connections_idle), 1);
    assert_int_equal(counter_sum(scene->endpoint->connections_active), 1);
    pool_end(&scene->pool, taken);
    pool_end_oldest(&scene->pool);
    assert_int_equal(counter_sum(scene->endpoint->connections_idle), 0);
    assert_int_equal(counter_sum(scene->endpoint->connections_active), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_session_given_last_is_taken_first, close_scene),
        cmocka_unit_test_teardown(beyond_the_idle_limit_the_oldest_is_ended, close_scene),
        cmocka_unit_test_teardown(an_idle_limit_of_zero_keeps_nothing, close_scene),
        cmocka_unit_test_teardown(each_idle_session_ends_at_its_own_time, close_scene),
        cmocka_unit_test_teardown(taking_a_session_spares_it_from_its_time, close_scene),
        cmocka_unit_test_teardown(a_session_that_closed_in_this_turn_is_not_taken, close_scene),
        cmocka_unit_test_teardown(connections_under_way_count_against_the_limit, close_scene),
        cmocka_unit_test_teardown(gauges_come_out_even, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
