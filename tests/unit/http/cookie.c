/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/cookie.h"

/* The value of the cookie id in these Cookie fields; "-": there is none. */
static void check(const char *first, const char *second, const char *wanted)
{
    struct arena arena;
    struct fields fields = {0};
    struct text value = TEXT("-");
    arena_init(&arena, 0);
    assert_true(fields_add(&fields, &arena, TEXT("cookie"), text_of(first)));
    assert_true(second == NULL || fields_add(&fields, &arena, TEXT("Cookie"), text_of(second)));
    bool found = cookie_find(&fields, TEXT("id"), &value);
    if (!text_equal(value, text_of(wanted)) || found == text_equal(value, TEXT("-")))
        fail_msg("%s: wanted %s, got %.*s", first, wanted, TEXT_ARGS(value));
    arena_clear(&arena);
}

static void finds_a_cookie_among_others(void **state)
{
    (void)state;
    check("id=1", NULL, "1");
    check("a=2; id=1; b=3", NULL, "1");
    check("a=2;id=1;b=3", NULL, "1");
    check("a=2;\t id = 1 ;b", NULL, "1");
    check("id=", NULL, "");
    check("id=a=b", NULL, "a=b");
    check("a=1", "id=2", "2");
}

static void the_first_of_that_name_counts(void **state)
{
    (void)state;
    check("id=1; id=2", NULL, "1");
    check("id=1", "id=2", "1");
}

static void names_are_whole_and_their_case_counts(void **state)
{
    (void)state;
    check("xid=1; ID=2; id2=3; i=4", NULL, "-");
    check("a=id=1", NULL, "-");
    check("id", NULL, "-");
    check("", NULL, "-");
}

static void quotes_around_a_value_are_not_of_it(void **state)
{
    (void)state;
    check("id=\"1\"", NULL, "1");
    check("id=\"", NULL, "\"");
    check("id=\"\"", NULL, "");
    check("id=\"1", NULL, "\"1");
}

static void garbage_is_passed_over(void **state)
{
    (void)state;
    check(";;; =; =id; ,id=1; id=2;;", NULL, "2");
    check("id=\x80\xff", NULL, "\x80\xff");
}

static void without_a_cookie_field_there_is_none(void **state)
{
    struct fields fields = {0};
    struct text value;
    (void)state;
    assert_false(cookie_find(&fields, TEXT("id"), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_cookie_among_others),
        cmocka_unit_test(the_first_of_that_name_counts),
        cmocka_unit_test(names_are_whole_and_their_case_counts),
        cmocka_unit_test(quotes_around_a_value_are_not_of_it),
        cmocka_unit_test(garbage_is_passed_over),
        cmocka_unit_test(without_a_cookie_field_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
