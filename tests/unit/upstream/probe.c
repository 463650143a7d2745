/* SPDX-License-Identifier: Apache-2.0 */
/* A probe of one endpoint with a told clock, over connections in memory. */
#include "stage.h"

#include "upstream/probe.h"

enum { INTERVAL = 1000, LIMIT = 400, PATIENCE = 3000 };

#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BAD "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"

struct exam {
    struct stage *stage;
    struct roster *roster;
    struct probe *probe;
};

static struct exam exam;

static struct roster *roster_of(enum probe_kind kind, unsigned healthy, unsigned unhealthy)
{
    static struct status_range success = {200, 299};
    exam.stage->settings.probe = (struct probe_settings){.kind = kind,
                                                         .path = TEXT("/healthz"),
                                                         .interval = INTERVAL,
                                                         .timeout = LIMIT,
                                                         .healthy = healthy,
                                                         .unhealthy = unhealthy,
                                                         .expect = &success,
                                                         .expect_count = 1};
    struct roster *roster = roster_new(&exam.stage->settings);
    assert_non_null(roster);
    return roster;
}

static void examine(enum probe_kind kind, unsigned healthy, unsigned unhealthy)
{
    exam.stage = stage_new(1);
    exam.roster = roster_of(kind, healthy, unhealthy);
    exam.probe = probe_new(&exam.stage->loop, &exam.stage->dialer, exam.roster, 0);
    assert_non_null(exam.probe);
}

static void finish(void)
{
    if (exam.probe != NULL)
        probe_free(exam.probe);
    roster_unref(exam.roster);
    stage_end(exam.stage);
}

static bool is_sick(void)
{
    return (atomic_load(&exam.roster->members[0].endpoint->standing) & ENDPOINT_SICK) != 0;
}

/* Waits for the next check: its connection. */
static struct origin *next_check(void)
{
    size_t before = exam.stage->dialled;
    for (unsigned ms = 0; exam.stage->dialled == before; ms++) {
        assert_true(ms < PATIENCE);
        stage_pass(exam.stage, 1);
    }
    stage_beat(exam.stage);
    return &exam.stage->origins[before];
}

static void check_answered(const char *answer)
{
    struct origin *origin = next_check();
    assert_int_equal(origin->requests, 1);
    origin_says(origin, answer);
    stage_beat(exam.stage);
}

static void check_closed(const char *before)
{
    struct origin *origin = next_check();
    origin_says(origin, before);
    stage_beat(exam.stage);
    origin_close(origin);
    stage_beat(exam.stage);
}

static void check_ends_in_time(const struct origin *origin)
{
    stage_pass(exam.stage, LIMIT + 2 * WHEEL_TICK_MS);
    assert_null(origin->far);
}

static void it_is_sick_after_bad_answers_in_a_row_and_well_after_good_ones(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 2, 3);
    for (int i = 0; i < 2; i++)
        check_answered(BAD);
    check_answered(GOOD);
    for (int i = 0; i < 2; i++)
        check_answered(BAD);
    assert_false(is_sick());
    check_answered(BAD);
    assert_true(is_sick());
    check_answered(GOOD);
    check_answered(BAD);
    check_answered(GOOD);
    assert_true(is_sick());
    uint64_t before = exam.stage->loop.now;
    check_answered(GOOD);
    assert_false(is_sick());
    assert_true(atomic_load(&exam.roster->members[0].endpoint->fit_since) > before);
    finish();
}

static void what_is_no_good_answer_makes_it_sick(void **state)
{
    (void)state;
    static const char *const cut[] = {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha"};
    static const char *const wrong[] = {
        "garbage\r\n\r\n",
        "HTTP/1.1 199 x\r\n\r\n",
        "HTTP/1.1 300 x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "\0\1\2\3garbage",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\nnew words"};
    examine(PROBE_HTTP, 1, 1);
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        check_closed(cut[i]);
        assert_true(is_sick());
        check_answered(GOOD);
        assert_false(is_sick());
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        check_answered(wrong[i]);
        stage_pass(exam.stage, LIMIT + 2 * WHEEL_TICK_MS);
        assert_true(is_sick());
        check_answered(GOOD);
        assert_false(is_sick());
    }
    finish();
}

static void a_check_without_an_answer_ends_in_time_in_each_phase(void **state)
{
    (void)state;
    static const char *const said[] = {"", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Continue\r\n\r\n",
                                       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
    examine(PROBE_HTTP, 1, 1);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct origin *origin = next_check();
        origin_says(origin, said[i]);
        check_ends_in_time(origin);
        assert_true(is_sick());
        check_answered(GOOD);
    }
    finish();
}

static void a_body_that_never_ends_is_cut_and_not_kept(void **state)
{
    (void)state;
    static char block[16 * 1024];
    examine(PROBE_HTTP, 1, 1);
    memset(block, 'x', sizeof block - 1);
    struct origin *origin = next_check();
    origin_says(origin, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (unsigned ms = 0; ms < LIMIT + 2 * WHEEL_TICK_MS && origin->far != NULL; ms++) {
        origin_says(origin, "3fff\r\n");
        origin_says(origin, block);
        origin_says(origin, "\r\n");
        stage_pass(exam.stage, 1);
    }
    assert_null(origin->far);
    assert_true(is_sick());
    finish();
}

static void a_large_answer_that_ends_is_good(void **state)
{
    (void)state;
    static char block[100 * 1000 + 1];
    examine(PROBE_HTTP, 1, 1);
    memset(block, 'x', sizeof block - 1);
    check_answered(BAD);
    struct origin *origin = next_check();
    origin_says(origin, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 10; i++) {
        assert_true(is_sick());
        origin_says(origin, block);
        stage_beat(exam.stage);
    }
    assert_false(is_sick());
    finish();
}

static void a_head_that_is_too_large_is_bad(void **state)
{
    (void)state;
    static char block[20 * 1000 + 1];
    examine(PROBE_HTTP, 1, 1);
    memset(block, 'x', sizeof block - 1);
    struct origin *origin = next_check();
    origin_says(origin, "HTTP/1.1 200 OK\r\nX: ");
    origin_says(origin, block);
    stage_beat(exam.stage);
    assert_true(is_sick());
    finish();
}

static void it_is_sick_when_nobody_listens(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 1, 2);
    exam.stage->dialling = DIAL_SLOW;
    for (int i = 0; i < 2; i++) {
        assert_false(is_sick());
        link_break(&next_check()->near->link, FAULT(connect_refused));
        stage_beat(exam.stage);
    }
    assert_true(is_sick());
    exam.stage->dialling = DIAL_OPEN;
    check_answered(GOOD);
    assert_false(is_sick());
    exam.stage->dialling = DIAL_FAILS;
    stage_pass(exam.stage, 3 * INTERVAL);
    assert_true(is_sick());
    finish();
}

static void a_connection_that_does_not_open_is_given_up(void **state)
{
    (void)state;
    examine(PROBE_TCP, 1, 1);
    exam.stage->dialling = DIAL_SLOW;
    check_ends_in_time(next_check());
    assert_true(is_sick());
    exam.stage->dialling = DIAL_OPEN;
    struct origin *origin = next_check();
    assert_false(is_sick());
    assert_int_equal(origin->requests, 0);
    assert_null(origin->far);
    finish();
}

static void there_is_one_check_in_each_interval(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 1, 1);
    for (int i = 0; i < 5; i++) {
        check_answered(GOOD);
        size_t before = exam.stage->dialled;
        stage_pass(exam.stage, INTERVAL - 2 * WHEEL_TICK_MS);
        assert_int_equal(exam.stage->dialled, before);
    }
    finish();
}

static void another_roster_changes_the_numbers_and_keeps_what_was_found(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 1, 5);
    check_answered(BAD);
    check_answered(BAD);
    struct origin *origin = next_check(); /* under way */
    struct roster *other = roster_of(PROBE_HTTP, 2, 3);
    probe_renew(exam.probe, other);
    roster_unref(exam.roster);
    exam.roster = other;
    origin_says(origin, BAD);
    stage_beat(exam.stage);
    assert_true(is_sick());
    check_answered(GOOD);
    assert_true(is_sick());
    check_answered(GOOD);
    assert_false(is_sick());
    finish();
}

static void renew(void)
{
    struct roster *other = roster_of(PROBE_HTTP, 1, 1);
    probe_renew(exam.probe, other);
    roster_unref(exam.roster);
    exam.roster = other;
}

static void run_renew(struct task *task)
{
    (void)task;
    renew();
}

/* As when an admin request reloads: between the making of the check's request and its writing. */
static void another_roster_may_come_at_any_moment_of_a_check(void **state)
{
    (void)state;
    struct task reload = {.run = run_renew};
    examine(PROBE_HTTP, 1, 1);
    exam.stage->dialling = DIAL_SLOW;
    struct origin *origin = next_check();
    link_mark(&origin->near->link, LINK_OPEN);
    task_wake(&exam.stage->loop.ready, &reload);
    stage_beat(exam.stage);
    assert_int_equal(origin->requests, 1);
    origin_says(origin, BAD);
    task_wake(&exam.stage->loop.ready, &reload);
    stage_beat(exam.stage);
    assert_true(is_sick());
    finish();
}

static void a_check_under_way_survives_a_change_of_kind(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 1, 1);
    struct origin *origin = next_check();
    struct roster *other = roster_of(PROBE_TCP, 1, 1);
    probe_renew(exam.probe, other);
    roster_unref(exam.roster);
    exam.roster = other;
    origin_says(origin, BAD);
    stage_beat(exam.stage);
    assert_true(is_sick());
    assert_int_equal(next_check()->requests, 0);
    assert_false(is_sick());
    finish();
}

static void it_can_be_freed_in_each_phase(void **state)
{
    (void)state;
    static const char *const said[] = {
        NULL, "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", GOOD, BAD};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        for (int beats = 0; beats < 2; beats++) {
            examine(PROBE_HTTP, 1, 1);
            exam.stage->dialling = said[i] == NULL ? DIAL_SLOW : DIAL_OPEN;
            struct origin *origin = next_check();
            if (said[i] != NULL)
                origin_says(origin, said[i]);
            for (int beat = 0; beat < beats; beat++)
                loop_beat(&exam.stage->loop);
            probe_free(exam.probe);
            exam.probe = NULL;
            size_t dialled = exam.stage->dialled;
            stage_pass(exam.stage, 3 * INTERVAL);
            assert_int_equal(exam.stage->dialled, dialled);
            assert_null(origin->far);
            assert_false(is_sick());
            finish();
        }
    }
}

static void what_it_found_goes_with_it(void **state)
{
    (void)state;
    examine(PROBE_HTTP, 1, 1);
    check_answered(BAD);
    assert_true(is_sick());
    atomic_fetch_or(&exam.roster->members[0].endpoint->standing, ENDPOINT_DRAIN);
    probe_free(exam.probe);
    exam.probe = NULL;
    assert_int_equal(atomic_load(&exam.roster->members[0].endpoint->standing), ENDPOINT_DRAIN);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_sick_after_bad_answers_in_a_row_and_well_after_good_ones),
        cmocka_unit_test(what_is_no_good_answer_makes_it_sick),
        cmocka_unit_test(a_check_without_an_answer_ends_in_time_in_each_phase),
        cmocka_unit_test(a_body_that_never_ends_is_cut_and_not_kept),
        cmocka_unit_test(a_large_answer_that_ends_is_good),
        cmocka_unit_test(a_head_that_is_too_large_is_bad),
        cmocka_unit_test(it_is_sick_when_nobody_listens),
        cmocka_unit_test(a_connection_that_does_not_open_is_given_up),
        cmocka_unit_test(there_is_one_check_in_each_interval),
        cmocka_unit_test(another_roster_changes_the_numbers_and_keeps_what_was_found),
        cmocka_unit_test(another_roster_may_come_at_any_moment_of_a_check),
        cmocka_unit_test(a_check_under_way_survives_a_change_of_kind),
        cmocka_unit_test(it_can_be_freed_in_each_phase),
        cmocka_unit_test(what_it_found_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
