/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of permanent redirects is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exchange/redirects/detours.h"

static void a_place_is_known_by_route_host_and_path(void **state)
{
    struct detours *detours = detours_new(1);
    const struct place place = {detours, TEXT("h"), TEXT("/a")};
    (void)state;
    assert_non_null(detours);
    detours_keep(detours, &place, TEXT("/b"), 10);
    assert_true(text_equal(detours_find(detours, &place, 9), TEXT("/b")));
    assert_null(detours_find(detours, &place, 10).at);
    assert_null(detours_find(detours, &(struct place){state, TEXT("h"), TEXT("/a")}, 9).at);
    assert_null(detours_find(detours, &(struct place){detours, TEXT("h/"), TEXT("a")}, 9).at);
    assert_null(detours_find(detours, &(struct place){detours, TEXT_NONE, TEXT("/a")}, 9).at);
    detours_free(detours);
}

static void what_is_to_be_forgotten_is_not_known(void **state)
{
    struct detours *one = detours_new(1), *other = detours_new(2);
    const struct place place = {NULL, TEXT("h"), TEXT("/a")}, apart = {NULL, TEXT("h"), TEXT("/b")};
    (void)state;
    assert_true(one != NULL && other != NULL);
    for (int all = 0; all < 2; all++) {
        detours_keep(one, &place, TEXT("/c"), 10);
        detours_keep(other, &place, TEXT("/c"), 10);
        detours_keep(other, &apart, TEXT("/c"), 10);
        all ? detours_forget_all() : detours_forget(&place);
        assert_null(detours_find(one, &place, 0).at);
        assert_null(detours_find(other, &place, 0).at);
        assert_true((detours_find(other, &apart, 0).at == NULL) == all);
    }
    detours_keep(one, &place, TEXT("/c"), 10);
    assert_non_null(detours_find(one, &place, 0).at);
    detours_free(one);
    detours_free(other);
}

static void the_newer_one_takes_the_place_of_the_older(void **state)
{
    struct detours *detours = detours_new(2);
    size_t known = 0;
    (void)state;
    assert_non_null(detours);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4 * DETOURS_PLACES; i++) {
            char path[20];
            size_t len = (size_t)snprintf(path, sizeof path, "/%d", i);
            const struct place place = {NULL, TEXT("h"), {path, len}};
            if (round == 0)
                detours_keep(detours, &place, TEXT("/b"), 10);
            else
                known += detours_find(detours, &place, 0).at != NULL;
        }
    }
    assert_in_range(known, 1, DETOURS_PLACES);
    detours_free(detours);
}

static void what_is_too_long_is_not_remembered(void **state)
{
    static const char path[DETOURS_TEXT_MAX] = "/";
    struct detours *detours = detours_new(3);
    const struct place place = {NULL, TEXT_NONE, {path, sizeof path}};
    (void)state;
    assert_non_null(detours);
    detours_keep(detours, &place, TEXT("/"), 10);
    assert_null(detours_find(detours, &place, 0).at);
    detours_free(detours);
    detours_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_known_by_route_host_and_path),
        cmocka_unit_test(what_is_to_be_forgotten_is_not_known),
        cmocka_unit_test(the_newer_one_takes_the_place_of_the_older),
        cmocka_unit_test(what_is_too_long_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
