/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/encoding.h"

static const enum coding order[] = {CODING_ZSTD, CODING_BR, CODING_GZIP};

/* values: of one or two lines of Accept-Encoding; NULL: none. */
static enum coding choose(const char *first, const char *second)
{
    struct arena arena;
    struct fields fields = {0};
    arena_init(&arena, 0);
    if (first != NULL)
        assert_true(fields_add(&fields, &arena, TEXT("Accept-Encoding"), text_of(first)));
    if (second != NULL)
        assert_true(fields_add(&fields, &arena, TEXT("accept-encoding"), text_of(second)));
    struct acceptance acceptance = acceptance_read(&fields);
    arena_clear(&arena);
    return acceptance_choose(&acceptance, order, 3);
}

static void the_most_wanted_coding_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(choose("gzip", NULL), CODING_GZIP);
    assert_int_equal(choose("GZip", NULL), CODING_GZIP);
    assert_int_equal(choose("x-gzip", NULL), CODING_GZIP);
    assert_int_equal(choose("gzip;q=1.0, br;q=0.9, zstd;q=0.899", NULL), CODING_GZIP);
    assert_int_equal(choose("gzip ; q=0.3 , br ; Q=0.9", NULL), CODING_BR);
    assert_int_equal(choose("gzip;q=0.001", NULL), CODING_GZIP);
    assert_int_equal(choose("gzip;level=9;q=0.5, br;q=0.4", NULL), CODING_GZIP);
}

static void of_two_that_are_wanted_alike_the_servers_order_decides(void **state)
{
    (void)state;
    assert_int_equal(choose("gzip, deflate, br, zstd", NULL), CODING_ZSTD);
    assert_int_equal(choose("gzip, deflate, br", NULL), CODING_BR);
    assert_int_equal(choose("gzip;q=0.5, identity;q=0.5", NULL), CODING_GZIP);
}

static void lines_of_the_field_are_one_list(void **state)
{
    (void)state;
    assert_int_equal(choose("gzip", "br"), CODING_BR);
    assert_int_equal(choose("br", "br;q=0, gzip"), CODING_GZIP);
}

static void nothing_that_is_not_asked_for_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(choose(NULL, NULL), CODING_IDENTITY);
    assert_int_equal(choose("", NULL), CODING_IDENTITY);
    assert_int_equal(choose("deflate, compress", NULL), CODING_IDENTITY);
    assert_int_equal(choose("gzip;q=0", NULL), CODING_IDENTITY);
    assert_int_equal(choose("gzip;q=0.000", NULL), CODING_IDENTITY);
    assert_int_equal(choose("identity", NULL), CODING_IDENTITY);
    assert_int_equal(choose("identity;q=0", NULL), CODING_IDENTITY);
}

static void identity_may_be_wanted_more(void **state)
{
    (void)state;
    assert_int_equal(choose("identity, gzip;q=0.5", NULL), CODING_IDENTITY);
    assert_int_equal(choose("identity;q=0.4, gzip;q=0.5", NULL), CODING_GZIP);
    assert_int_equal(choose("identity;q=0, gzip;q=0.001", NULL), CODING_GZIP);
}

static void a_star_is_whatever_is_not_named(void **state)
{
    (void)state;
    assert_int_equal(choose("*", NULL), CODING_ZSTD);
    assert_int_equal(choose("zstd;q=0, *", NULL), CODING_BR);
    assert_int_equal(choose("gzip, *;q=0", NULL), CODING_GZIP);
    assert_int_equal(choose("gzip, *;q=0.5", NULL), CODING_GZIP);
    assert_int_equal(choose("*;q=0", NULL), CODING_IDENTITY);
}

static void weights_that_are_none_refuse(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "gzip;q=",       "gzip;q=2",     "gzip;q=1.001", "gzip;q=-1", "gzip;q=0.1234",
        "gzip;q=0,5;q=", "gzip;q=\"1\"", "gzip;q=.5",    "gzip;q=1e0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(choose(wrong[i], NULL), CODING_IDENTITY);
    assert_int_equal(choose("gzip;q=1.", NULL), CODING_GZIP);
    assert_int_equal(choose(";q=1, ;, gzip", NULL), CODING_GZIP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_wanted_coding_is_chosen),
        cmocka_unit_test(of_two_that_are_wanted_alike_the_servers_order_decides),
        cmocka_unit_test(lines_of_the_field_are_one_list),
        cmocka_unit_test(nothing_that_is_not_asked_for_is_chosen),
        cmocka_unit_test(identity_may_be_wanted_more),
        cmocka_unit_test(a_star_is_whatever_is_not_named),
        cmocka_unit_test(weights_that_are_none_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
