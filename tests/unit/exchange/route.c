/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several routes a request takes. Conditions and patterns have their own tests. */
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "exchange/route.h"

enum { ROUTES_MAX = 16 };

/* A table under test; routes are named by what the test calls them. */
struct stage {
    struct route_table *table;
    struct route_settings settings[ROUTES_MAX];
    struct route routes[ROUTES_MAX];
    struct text hosts[ROUTES_MAX];
    size_t count;
};

static struct header_setting query_a[] = {{{"a", 1}, {"1", 1}}, {{"b", 1}, {"1", 1}}};
static struct text get[] = {{"GET", 3}};

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    *state = stage;
    return stage == NULL || (stage->table = route_table_new()) == NULL ? -1 : 0;
}

static int end(void **state)
{
    route_table_free(((struct stage *)*state)->table);
    free(*state);
    return 0;
}

/* host NULL: any. The last of the routes can still be changed by the test, before add() adds it. */
static struct route_settings *next(void **state, const char *name, const char *host)
{
    struct stage *stage = *state;
    assert_true(stage->count < ROUTES_MAX);
    struct route_settings *settings = &stage->settings[stage->count];
    *settings = (struct route_settings){.name = text_of(name)};
    stage->hosts[stage->count] = text_of(host);
    settings->hosts = &stage->hosts[stage->count];
    settings->host_count = host != NULL;
    return settings;
}

static void add_it(void **state)
{
    struct stage *stage = *state;
    struct route *route = &stage->routes[stage->count];
    route->settings = &stage->settings[stage->count++];
    assert_true(route_table_add(stage->table, route));
}

static void add(void **state, const char *name, const char *host, enum path_match kind, const char *path)
{
    struct route_settings *settings = next(state, name, host);
    settings->path_match = kind;
    settings->path = text_of(path);
    add_it(state);
}

/* The same with so many query conditions: a=1, then b=1. */
static void add_asking(void **state, const char *name, const char *host, const char *path, size_t queries)
{
    struct route_settings *settings = next(state, name, host);
    settings->path_match = path == NULL ? PATH_ANY : PATH_PREFIX;
    settings->path = text_of(path);
    settings->match.queries = query_a;
    settings->match.query_count = queries;
    add_it(state);
}

static const char *found(void **state, const char *host, const char *path, const char *query)
{
    static const struct fields none;
    struct stage *stage = *state;
    struct route_ask ask = {text_of(host), text_of(path), text_of(query), TEXT("GET"), &none};
    const struct route *route;
    const struct fault *fault = route_table_find(stage->table, &ask, &route);
    assert_int_equal(route == NULL, fault != NULL);
    return fault == NULL ? route->settings->name.at : fault == FAULT(no_route) ? "none" : fault->name;
}

#define expect(host, path, query, name) assert_string_equal(found(state, host, path, query), name)

static void exact_before_prefix_before_regex_before_any(void **state)
{
    add(state, "any", NULL, PATH_ANY, "");
    add(state, "regex", NULL, PATH_REGEX, "^/a");
    add(state, "short", NULL, PATH_PREFIX, "/a/b");
    add(state, "long", NULL, PATH_PREFIX, "/a/b/c");
    add(state, "exact", NULL, PATH_EXACT, "/a/b/c");
    expect("h", "/a/b/c", "", "exact");
    expect("h", "/a/b/c/", "", "long");
    expect("h", "/a/b/cd", "", "short");
    expect("h", "/a/bc", "", "regex");
    expect("h", "/b", "", "any");
}

static void the_prefix_of_a_slash_is_any_path(void **state)
{
    add(state, "slash", NULL, PATH_PREFIX, "/");
    add(state, "regex", NULL, PATH_REGEX, "b$");
    add(state, "any", NULL, PATH_ANY, "");
    expect("h", "/ab", "", "regex");
    expect("h", "/a", "", "slash");
}

static void hosts_go_before_paths_and_conditions(void **state)
{
    add_asking(state, "any-host", NULL, "/a/b", 2);
    add_asking(state, "wild", "*.test", "/a", 1);
    add(state, "exact", "x.test", PATH_ANY, "");
    expect("x.test", "/a/b", "a=1&b=1", "exact");
    expect("y.test", "/a/b", "a=1&b=1", "wild");
    expect("y.test", "/a/b", "b=1", "none");
    expect("else", "/a/b", "a=1&b=1", "any-host");
}

static void longer_paths_go_before_more_conditions(void **state)
{
    add_asking(state, "asking", NULL, "/a", 2);
    add(state, "longer", NULL, PATH_PREFIX, "/a/b");
    expect("h", "/a/b", "a=1&b=1", "longer");
    expect("h", "/a/c", "a=1&b=1", "asking");
}

static void most_conditions_win_then_the_earlier(void **state)
{
    add_asking(state, "none", NULL, "/a", 0);
    add_asking(state, "one", NULL, "/a", 1);
    add_asking(state, "another", NULL, "/a", 1);
    add_asking(state, "two", NULL, "/a", 2);
    add_asking(state, "late", NULL, "/a", 0);
    expect("h", "/a", "a=1&b=1", "two");
    expect("h", "/a", "a=1", "one");
    expect("h", "/a", "b=1", "none");
}

static void the_method_counts_as_one_condition(void **state)
{
    add_asking(state, "query", NULL, "/a", 1);
    next(state, "method", NULL)->path = TEXT("/a");
    struct stage *stage = *state;
    struct route_settings *method = &stage->settings[stage->count];
    method->path_match = PATH_PREFIX;
    method->match =
        (struct match_settings){.methods = get, .method_count = 1, .queries = query_a, .query_count = 1};
    add_it(state);
    expect("h", "/a", "a=1", "method");
}

static void a_route_whose_conditions_fail_is_passed_over_down_to_any_host(void **state)
{
    add_asking(state, "exact", "x.y.test", "/a/b", 2);
    add_asking(state, "exact-short", "x.y.test", "/a", 1);
    add_asking(state, "narrow", "*.y.test", "/a/b", 1);
    add(state, "wide", "*.test", PATH_PREFIX, "/a/b/c");
    add(state, "all", NULL, PATH_ANY, "");
    expect("x.y.test", "/a/b/c", "a=1&b=1", "exact");
    expect("x.y.test", "/a/b/c", "a=1", "exact-short");
    expect("x.y.test", "/a/b/c", "", "wide");
    expect("x.y.test", "/a/b", "", "all");
    expect("z.y.test", "/a/b", "a=1", "narrow");
}

static void regexes_of_a_host_go_by_conditions_then_by_order(void **state)
{
    add(state, "first", NULL, PATH_REGEX, "a");
    add(state, "second", NULL, PATH_REGEX, "aa");
    struct route_settings *asking = next(state, "asking", NULL);
    asking->path_match = PATH_REGEX;
    asking->path = TEXT("c$");
    asking->match = (struct match_settings){.queries = query_a, .query_count = 1};
    add_it(state);
    expect("h", "/aa", "", "first");
    expect("h", "/aac", "a=1", "asking");
    expect("h", "/aac", "", "first");
    expect("h", "/bbc", "", "none");
}

static void one_route_of_several_hosts_has_one_pattern(void **state)
{
    struct text hosts[] = {TEXT("a.test"), TEXT("*.b.test"), TEXT("*")};
    struct route_settings *settings = next(state, "regex", NULL);
    settings->hosts = hosts;
    settings->host_count = 3;
    settings->path_match = PATH_REGEX;
    settings->path = TEXT("^/\\d+$");
    add_it(state);
    expect("a.test", "/12", "", "regex");
    expect("x.b.test", "/12", "", "regex");
    expect("else", "/12", "", "regex");
    expect("else", "/x", "", "none");
}

static void a_pattern_that_is_not_valid_is_refused(void **state)
{
    struct stage *stage = *state;
    struct route_settings *settings = next(state, "regex", NULL);
    settings->path_match = PATH_REGEX;
    settings->path = TEXT("(");
    struct route route = {.settings = settings};
    assert_false(route_table_add(stage->table, &route));
}

static void a_pattern_that_gives_up_leaves_the_request_to_nobody(void **state)
{
    char path[200];
    memset(path, 'a', sizeof path);
    memcpy(path, "/", 1);
    memcpy(path + sizeof path - 2, "!", 2);
    add(state, "regex", NULL, PATH_REGEX, "^/(a+)+$");
    add(state, "all", NULL, PATH_ANY, "");
    add(state, "host", "other", PATH_REGEX, "^/(a+)+$");
    add(state, "wild", "*.x", PATH_REGEX, "^/(a+)+$");
    expect("h", path, "", "route_undecided");
    expect("other", path, "", "route_undecided");
    expect("a.x", path, "", "route_undecided");
    expect("h", "/aaa", "", "regex");
}

/* Ten thousand on one path, each with its own value: the last of them is found, and adding them isn't quadratic. */
static void ten_thousand_conditions_on_one_path_are_told_apart(void **state)
{
    enum { MANY = 10000 };
    struct stage *stage = *state;
    struct route_settings *settings = calloc(MANY, sizeof *settings);
    struct route *routes = calloc(MANY, sizeof *routes);
    struct header_setting *queries = calloc(MANY, sizeof *queries);
    char(*values)[8] = calloc(MANY, sizeof *values);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(values[i], sizeof values[i], "%zu", i);
        queries[i] = (struct header_setting){TEXT("n"), text_of(values[i])};
        settings[i] = (struct route_settings){.name = text_of(values[i]),
                                              .match = {.queries = &queries[i], .query_count = 1}};
        routes[i].settings = &settings[i];
        assert_true(route_table_add(stage->table, &routes[i]));
    }
    expect("h", "/", "n=0", "0");
    expect("h", "/", "n=9999", "9999");
    expect("h", "/", "n=10000", "none");
    route_table_free(stage->table);
    stage->table = NULL;
    free(values);
    free(queries);
    free(routes);
    free(settings);
}

#define stage_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(exact_before_prefix_before_regex_before_any),
        stage_test(the_prefix_of_a_slash_is_any_path),
        stage_test(hosts_go_before_paths_and_conditions),
        stage_test(longer_paths_go_before_more_conditions),
        stage_test(most_conditions_win_then_the_earlier),
        stage_test(the_method_counts_as_one_condition),
        stage_test(a_route_whose_conditions_fail_is_passed_over_down_to_any_host),
        stage_test(regexes_of_a_host_go_by_conditions_then_by_order),
        stage_test(one_route_of_several_hosts_has_one_pattern),
        stage_test(a_pattern_that_is_not_valid_is_refused),
        stage_test(a_pattern_that_gives_up_leaves_the_request_to_nobody),
        stage_test(ten_thousand_conditions_on_one_path_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
