/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <cmocka.h>

#include "exchange/match.h"
#include "http/query.h"

static bool has(const char *query, const char *name, const char *value)
{
    return query_has(text_of(query), text_of(name), text_of(value));
}

static void parameters_are_compared_after_decoding(void **state)
{
    (void)state;
    assert_true(has("v=2", "v", "2"));
    assert_true(has("a=1&v=2&b=3", "v", "2"));
    assert_true(has("%76=%32", "v", "2"));
    assert_true(has("q=a%20b%26c%3D", "q", "a b&c="));
    assert_true(has("q=a=b", "q", "a=b"));
    assert_true(has("q=caf%c3%A9", "q", "caf\xc3\xa9"));
    assert_false(has("V=2", "v", "2"));
    assert_false(has("v=20", "v", "2"));
    assert_false(has("v=2%20", "v", "2"));
    assert_false(has("xv=2", "v", "2"));
    assert_false(has("v=1%26v=2", "v", "2"));
    assert_false(has("q=a+b", "q", "a b"));
    assert_true(has("q=a+b", "q", "a+b"));
    assert_false(has("v=2;w=1", "v", "2"));
}

static void any_parameter_of_the_name_is_enough(void **state)
{
    (void)state;
    assert_true(has("v=1&v=2&v=3", "v", "1"));
    assert_true(has("v=1&v=2&v=3", "v", "2"));
    assert_true(has("v=1&v=2&v=3", "v", "3"));
    assert_false(has("v=1&v=2&v=3", "v", "4"));
}

static void a_parameter_without_a_value_has_an_empty_one(void **state)
{
    (void)state;
    assert_true(has("v", "v", ""));
    assert_true(has("v=", "v", ""));
    assert_true(has("a&v&b", "v", ""));
    assert_false(has("v=1", "v", ""));
    assert_false(has("", "v", ""));
    assert_false(query_has(TEXT_NONE, TEXT("v"), TEXT("")));
    assert_false(has("&&=&=1", "v", ""));
}

static void hostile_queries_are_only_text(void **state)
{
    (void)state;
    assert_true(has("v=%zz", "v", "%zz"));
    assert_true(has("v=%2", "v", "%2"));
    assert_true(has("v=%", "v", "%"));
    assert_true(has("v=%%32", "v", "%2"));
    assert_false(has("v=2%00", "v", "2"));
    assert_false(has("v%00=2", "v", "2"));
    assert_true(query_has(TEXT("v=%00"), TEXT("v"), TEXT("\0")));
    char *many = malloc(60001); /* its own size, so that a step too far is seen */
    for (size_t i = 0; i < 60000; i++)
        many[i] = "&v=%"[i % 4];
    assert_false(query_has((struct text){many, 60000}, TEXT("v"), TEXT("2")));
    assert_true(query_has((struct text){many, 60000}, TEXT("v"), TEXT("%")));
    memset(many, '%', 60000);
    assert_false(query_has((struct text){many, 60000}, TEXT("%"), TEXT("")));
    memset(many, '&', 60000);
    assert_false(query_has((struct text){many, 60000}, TEXT("v"), TEXT("")));
    free(many);
}

static bool header_holds(const char *lines, const char *name, const char *value)
{
    struct header_setting header = {text_of(name), text_of(value)};
    const struct header_setting *which = NULL;
    struct match_settings match = {.headers = &header, .header_count = 1};
    struct arena arena;
    struct fields fields = {0};
    struct text rest = text_of(lines), line;
    arena_init(&arena, 0);
    while (text_split(&rest, '|', &line)) {
        size_t colon = text_find(line, ':');
        assert_true(fields_add(&fields, &arena, text_sub(line, 0, colon),
                               text_sub(line, colon + 1, line.len - colon - 1)));
    }
    struct route_ask ask = {.method = TEXT("GET"), .fields = &fields};
    enum match_part part = match_unmet(&match, &ask, &which);
    assert_true(part == MATCH_ALL || (part == MATCH_HEADER && which == &header));
    arena_clear(&arena);
    return part == MATCH_ALL;
}

static void names_of_fields_are_in_any_case_and_values_exact(void **state)
{
    (void)state;
    assert_true(header_holds("X-Beta:1", "x-beta", "1"));
    assert_true(header_holds("x-beta:1", "X-Beta", "1"));
    assert_true(header_holds("Accept:text/html", "accept", "text/html"));
    assert_false(header_holds("Accept:text/HTML", "accept", "text/html"));
    assert_false(header_holds("X-Beta:10", "X-Beta", "1"));
    assert_false(header_holds("X-Beta-2:1", "X-Beta", "1"));
    assert_false(header_holds("X-Bet:1", "X-Beta", "1"));
    assert_true(header_holds("X-Beta:", "X-Beta", ""));
    assert_false(header_holds("X-Other:1", "X-Beta", ""));
}

static void a_line_of_a_field_or_all_together_are_compared(void **state)
{
    (void)state;
    assert_true(header_holds("A:1|B:x|a:2|A:3", "A", "2"));
    assert_true(header_holds("A:1|B:x|a:2|A:3", "A", "1, 2, 3"));
    assert_true(header_holds("A:1, 2", "A", "1, 2"));
    assert_false(header_holds("A:1, 2", "A", "2"));
    assert_false(header_holds("A:1|A:2", "A", "1,2"));
    assert_false(header_holds("A:1|A:2|A:3", "A", "1, 2"));
    assert_false(header_holds("A:1|A:2", "A", "1, 2, 3"));
    assert_true(header_holds("A:|A:1|A:|A:2", "A", "1, 2"));
}

static enum match_part unmet(const struct match_settings *match, const char *method, const char *query)
{
    struct fields none = {0};
    const struct header_setting *which;
    struct route_ask ask = {.method = text_of(method), .query = text_of(query), .fields = &none};
    return match_unmet(match, &ask, &which);
}

static void methods_are_literal(void **state)
{
    (void)state;
    struct text methods[] = {TEXT("GET"), TEXT("PURGE")};
    struct match_settings match = {.methods = methods, .method_count = 2};
    assert_int_equal(unmet(&match, "GET", ""), MATCH_ALL);
    assert_int_equal(unmet(&match, "PURGE", ""), MATCH_ALL);
    assert_int_equal(unmet(&match, "HEAD", ""), MATCH_METHOD);
    assert_int_equal(unmet(&match, "get", ""), MATCH_METHOD);
    assert_int_equal(unmet(&match, "GETS", ""), MATCH_METHOD);
}

static void all_conditions_must_hold(void **state)
{
    (void)state;
    struct text method = TEXT("GET");
    struct header_setting queries[] = {{TEXT("a"), TEXT("1")}, {TEXT("b"), TEXT("2")}};
    struct match_settings match = {
        .methods = &method, .method_count = 1, .queries = queries, .query_count = 2};
    assert_int_equal(match_count(&match), 3);
    assert_int_equal(unmet(&match, "GET", "a=1&b=2"), MATCH_ALL);
    assert_int_equal(unmet(&match, "GET", "b=2"), MATCH_QUERY);
    assert_int_equal(unmet(&match, "GET", "a=1"), MATCH_QUERY);
    assert_int_equal(unmet(&match, "POST", "a=1&b=2"), MATCH_METHOD);
    assert_int_equal(unmet(&(struct match_settings){0}, "ANY", ""), MATCH_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_compared_after_decoding),
        cmocka_unit_test(any_parameter_of_the_name_is_enough),
        cmocka_unit_test(a_parameter_without_a_value_has_an_empty_one),
        cmocka_unit_test(hostile_queries_are_only_text),
        cmocka_unit_test(names_of_fields_are_in_any_case_and_values_exact),
        cmocka_unit_test(a_line_of_a_field_or_all_together_are_compared),
        cmocka_unit_test(methods_are_literal),
        cmocka_unit_test(all_conditions_must_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
