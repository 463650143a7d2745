/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/control.h"

#include "heads.h"

/* N: not there. */
enum { N = -1 };

static const struct row {
    const char *lines;
    unsigned has;
    long max_age, s_maxage, revalidate, error;
} rows[] = {
    {"", 0, N, N, N, N},
    {"Cache-Control: max-age=60", 0, 60, N, N, N},
    {"Cache-Control: MAX-AGE=60", 0, 60, N, N, N},
    {"Cache-Control: max-age=\"60\"", 0, 60, N, N, N},
    {"Cache-Control: max-age=007", 0, 7, N, N, N},
    {"Cache-Control: max-age=60, max-age=5", 0, 5, N, N, N},
    {"Cache-Control: max-age=5\nCache-Control: max-age=60", 0, 5, N, N, N},
    {"Cache-Control: max-age", 0, 0, N, N, N},
    {"Cache-Control: max-age=", 0, 0, N, N, N},
    {"Cache-Control: max-age=-1", 0, 0, N, N, N},
    {"Cache-Control: max-age=1.5", 0, 0, N, N, N},
    {"Cache-Control: max-age='60'", 0, 0, N, N, N},
    {"Cache-Control: max-age=60a", 0, 0, N, N, N},
    {"Cache-Control: max-age = 60", 0, N, N, N, N},
    {"Cache-Control: max-age=99999999999999999999999999", 0, 1l << 31, N, N, N},
    {"Cache-Control: public, max-age=1, s-maxage=2", CACHE_PUBLIC, 1, 2, N, N},
    {"Cache-Control: no-store,no-cache, private", CACHE_NO_STORE | CACHE_NO_CACHE | CACHE_PRIVATE, N, N, N,
     N},
    {"Cache-Control: no-cache=\"a, max-age=9\"", CACHE_NO_CACHE, N, N, N, N},
    {"Cache-Control: ,, must-revalidate ,proxy-revalidate", CACHE_MUST_REVALIDATE | CACHE_PROXY_REVALIDATE, N,
     N, N, N},
    {"Cache-Control: must-understand, no-store", CACHE_MUST_UNDERSTAND | CACHE_NO_STORE, N, N, N, N},
    {"Cache-Control: stale-while-revalidate=3, stale-if-error=4", 0, N, N, 3, 4},
    {"Cache-Control: x=\"max-age=9\", immutable", CACHE_IMMUTABLE, N, N, N, N},
    {"Pragma: no-cache", CACHE_NO_CACHE, N, N, N, N},
    {"Pragma: no-cache\nCache-Control: max-age=1", 0, 1, N, N, N},
    {"CDN-Cache-Control: max-age=5", 0, N, N, N, N},
};

static void check(const struct row *row, const struct cache_control *got)
{
    if (got->has != row->has || got->max_age != row->max_age || got->s_maxage != row->s_maxage ||
        got->stale_while_revalidate != row->revalidate || got->stale_if_error != row->error)
        fail_msg("%s: has %x, max-age %lld, s-maxage %lld, %lld, %lld", row->lines, got->has,
                 (long long)got->max_age, (long long)got->s_maxage, (long long)got->stale_while_revalidate,
                 (long long)got->stale_if_error);
}

static void directives_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct cache_control control;
        arena_init(&arena, 0);
        struct fields fields = fields_of(&arena, rows[i].lines);
        cache_control_read(&control, &fields);
        check(&rows[i], &control);
        arena_clear(&arena);
    }
}

static void requests_say_how_stale_is_fine(void **state)
{
    struct arena arena;
    struct cache_control control;
    (void)state;
    arena_init(&arena, 0);
    struct fields fields =
        fields_of(&arena, "Cache-Control: max-stale, min-fresh=5, min-fresh=9, only-if-cached");
    cache_control_read(&control, &fields);
    assert_int_equal(control.has, CACHE_MAX_STALE_ANY | CACHE_ONLY_IF_CACHED);
    assert_int_equal(control.min_fresh, 9);
    fields = fields_of(&arena, "Cache-Control: max-stale=7");
    cache_control_read(&control, &fields);
    assert_int_equal(control.max_stale, 7);
    assert_int_equal(control.has, 0);
    arena_clear(&arena);
}

/* used: it counts in place of Cache-Control. */
static const struct targeted {
    const char *lines;
    bool used;
    unsigned has;
    long max_age;
} targeted[] = {
    {"Cache-Control: max-age=5", false, 0, N},
    {"CDN-Cache-Control:", false, 0, N},
    {"CDN-Cache-Control: max-age=60", true, 0, 60},
    {"CDN-Cache-Control: max-age=60;a=b, no-store", true, CACHE_NO_STORE, 60},
    {"CDN-Cache-Control: max-age=1, max-age=60", true, 0, 60},
    {"CDN-Cache-Control: no-store=?0, max-age=60", true, 0, 60},
    {"CDN-Cache-Control: private, unknown=(x", false, 0, N},
    {"CDN-Cache-Control: max-age=\"60\"", true, 0, N},
    {"CDN-Cache-Control: max-age=1.5", false, 0, N},
    {"CDN-Cache-Control: max-age=-5", true, 0, 0},
    {"CDN-Cache-Control: MAX-AGE=60", false, 0, N},
    {"CDN-Cache-Control: max-age=60, &", false, 0, N},
    {"CDN-Cache-Control: text=\"a\\\"b\", max-age=60", true, 0, 60},
    {"CDN-Cache-Control: text=\"a\\\", max-age=60", false, 0, N},
};

static void a_targeted_field_counts_when_it_is_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targeted / sizeof targeted[0]; i++) {
        const struct targeted *row = &targeted[i];
        struct arena arena;
        struct cache_control control;
        arena_init(&arena, 0);
        struct fields fields = fields_of(&arena, row->lines);
        bool used = cache_control_read_targeted(&control, &fields);
        if (used != row->used || (used && (control.has != row->has || control.max_age != row->max_age)))
            fail_msg("%s: %d, has %x, max-age %lld", row->lines, used, control.has,
                     (long long)control.max_age);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directives_are_read_strictly),
        cmocka_unit_test(requests_say_how_stale_is_fine),
        cmocka_unit_test(a_targeted_field_counts_when_it_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
