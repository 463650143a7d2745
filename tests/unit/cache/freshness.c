/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/freshness.h"

#include "heads.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
enum { NOW = 784111777 };
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
#define LATER "Expires: Sun, 06 Nov 1994 08:50:37 GMT"

static void read(struct freshness *freshness, struct arena *arena, unsigned status, const char *lines,
                 const struct freshness_defaults *defaults)
{
    static const struct freshness_defaults none;
    struct cache_control control;
    struct head head = response_of(arena, status, lines);
    const struct cache_moment moment = {NOW, 1};
    bool targeted = cache_control_read_targeted(&control, &head.fields);
    if (!targeted)
        cache_control_read(&control, &head.fields);
    freshness_read(freshness, &head, &control, targeted, &moment, defaults != NULL ? defaults : &none);
}

static const struct row {
    unsigned status;
    const char *lines;
    long lifetime;
    long age; /* when it came; the request took 1 s */
} rows[] = {
    {200, "", 0, 1},
    {200, DATE "Cache-Control: max-age=60", 60, 1},
    {200, DATE "Cache-Control: max-age=60, s-maxage=10", 10, 1},
    {200, DATE "Cache-Control: max-age=60\n" LATER, 60, 1},
    {200, DATE LATER, 60, 1},
    {200, LATER, 60, 1},
    {200, DATE "Expires: 0", 0, 1},
    {200, DATE "Expires: Sun, 06 Nov 1994 08:48:37 GMT", 0, 1},
    {200, DATE "Cache-Control: max-age=10\nCDN-Cache-Control: max-age=70", 70, 1},
    {200, DATE LATER "\nCDN-Cache-Control: no-cache", 0, 1},
    {200, DATE "Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT", 100, 1},
    {200, DATE "Last-Modified: Mon, 06 Nov 1950 08:32:57 GMT", 86400, 1},
    {200, DATE "Last-Modified: Sun, 06 Nov 1994 09:32:57 GMT", 0, 1},
    {302, DATE "Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT", 0, 1},
    {404, DATE "Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT", 100, 1},
    {599, DATE "Cache-Control: max-age=5", 5, 1},
    {200, "Age: 30", 0, 31},
    {200, "Age: 30, 40", 0, 31},
    {200, "Age: 30\nAge: 40", 0, 31},
    {200, "Age: -30", 0, 1},
    {200, "Age: abc", 0, 1},
    {200, "Age: 99999999999999999999", 0, 1l << 31},
    {200, "Date: Sun, 06 Nov 1994 08:49:07 GMT", 0, 30},
    {200, "Date: Sun, 06 Nov 1994 08:49:07 GMT\nAge: 50", 0, 51},
    {200, "Date: Sun, 06 Nov 1994 09:49:07 GMT", 0, 1},
    {200, "Date: garbage\nCache-Control: max-age=3", 3, 1},
};

static void lifetimes_and_ages_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct freshness freshness;
        arena_init(&arena, 0);
        read(&freshness, &arena, rows[i].status, rows[i].lines, NULL);
        long long age = freshness_age(&freshness, NOW);
        if (freshness.lifetime != rows[i].lifetime || age != rows[i].age)
            fail_msg("%u %s: lifetime %lld, age %lld", rows[i].status, rows[i].lines,
                     (long long)freshness.lifetime, age);
        arena_clear(&arena);
    }
}

static void age_grows_with_the_clock_and_never_shrinks(void **state)
{
    struct arena arena;
    struct freshness freshness;
    (void)state;
    arena_init(&arena, 0);
    read(&freshness, &arena, 200, "Age: 10", NULL);
    assert_int_equal(freshness_age(&freshness, NOW + 5), 16);
    assert_int_equal(freshness_age(&freshness, NOW - 500), 11);
    arena_clear(&arena);
}

/* What was for one client only, as far as it says, is nothing for the next one when the backend fails. */
static void what_was_never_good_is_not_good_when_the_backend_fails(void **state)
{
    static const struct freshness_defaults defaults = {.stale_if_error = 7};
    static const struct silent {
        const char *lines;
        int64_t stale_if_error;
    } answers[] = {
        {"", 0},
        {"ETag: \"a\"", 0},
        {"Cache-Control: stale-if-error=5", 5},
        {"Cache-Control: max-age=0", 7},
        {"Cache-Control: max-age=60", 7},
        {"Date: Sun, 06 Nov 1994 08:49:37 GMT\nLast-Modified: Sat, 05 Nov 1994 08:49:37 GMT", 7},
    };
    struct arena arena;
    struct freshness freshness;
    (void)state;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        read(&freshness, &arena, 200, answers[i].lines, &defaults);
        assert_int_equal(freshness.stale_if_error, answers[i].stale_if_error);
    }
    arena_clear(&arena);
}

static void a_route_speaks_for_answers_that_say_nothing(void **state)
{
    static const struct freshness_defaults defaults = {.ttl = 20, .stale_if_error = 7};
    struct arena arena;
    struct freshness freshness;
    (void)state;
    arena_init(&arena, 0);
    read(&freshness, &arena, 500, "", &defaults);
    assert_int_equal(freshness.lifetime, 20);
    assert_int_equal(freshness.stale_if_error, 7);
    assert_false(freshness.explicit_lifetime);
    read(&freshness, &arena, 200, "Cache-Control: max-age=1, stale-if-error=0", &defaults);
    assert_int_equal(freshness.lifetime, 1);
    assert_int_equal(freshness.stale_if_error, 0);
    arena_clear(&arena);
}

enum { F = FRESHNESS_FRESH, U = FRESHNESS_STALE_USABLE, S = FRESHNESS_STALE };

/* What came with age 1 is judged so many seconds later. */
static const struct judged {
    const char *response;
    const char *request;
    int later;
    int verdict;
    bool on_error;
} judged[] = {
    {"max-age=10", "", 8, F, true},
    {"max-age=10", "", 9, S, false},
    {"max-age=10, stale-while-revalidate=5", "", 9, U, false},
    {"max-age=10, stale-while-revalidate=5", "", 13, U, false},
    {"max-age=10, stale-while-revalidate=5", "", 14, S, false},
    {"max-age=10, stale-while-revalidate=5, must-revalidate", "", 9, S, false},
    {"s-maxage=10, stale-while-revalidate=5", "", 9, U, false},
    {"max-age=10, stale-if-error=5", "", 9, S, true},
    {"max-age=10, stale-if-error=5", "", 13, S, true},
    {"max-age=10, stale-if-error=5", "", 14, S, false},
    {"max-age=10, stale-if-error=5, proxy-revalidate", "", 9, S, false},
    {"max-age=10, no-cache", "", 0, S, false},
    {"max-age=10", "no-cache", 0, S, false},
    {"max-age=10", "max-age=5", 3, F, true},
    {"max-age=10", "max-age=5", 4, S, true},
    {"max-age=10, stale-while-revalidate=50", "max-age=5", 4, S, true},
    {"max-age=10", "max-age=0", 0, S, true},
    {"max-age=10", "min-fresh=5", 3, F, true},
    {"max-age=10", "min-fresh=5", 4, S, true},
    {"max-age=10", "max-stale=5", 14, F, false},
    {"max-age=10", "max-stale=5", 15, S, false},
    {"max-age=10", "max-stale", 1000, F, false},
    {"max-age=10, must-revalidate", "max-stale", 1000, S, false},
    {"s-maxage=10", "max-stale", 1000, S, false},
    {"max-age=10", "stale-if-error=100", 50, S, true},
};

static void judge(const struct judged *row)
{
    struct arena arena;
    struct freshness freshness;
    struct cache_control request;
    arena_init(&arena, 0);
    struct text lines = arena_format(&arena, "Cache-Control: %s", row->response);
    read(&freshness, &arena, 200, lines.at, NULL);
    struct fields asked = fields_of(&arena, arena_format(&arena, "Cache-Control: %s", row->request).at);
    cache_control_read(&request, &asked);
    int verdict = (int)freshness_judge(&freshness, &request, NOW + row->later);
    bool on_error = freshness_allows_on_error(&freshness, &request, NOW + row->later);
    if (verdict != row->verdict || on_error != row->on_error)
        fail_msg("%s, asked with \"%s\" after %d s: %d, on error %d", row->response, row->request, row->later,
                 verdict, on_error);
    arena_clear(&arena);
}

static void stored_answers_are_judged_with_the_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++)
        judge(&judged[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifetimes_and_ages_are_those_of_the_standard),
        cmocka_unit_test(age_grows_with_the_clock_and_never_shrinks),
        cmocka_unit_test(what_was_never_good_is_not_good_when_the_backend_fails),
        cmocka_unit_test(a_route_speaks_for_answers_that_say_nothing),
        cmocka_unit_test(stored_answers_are_judged_with_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
