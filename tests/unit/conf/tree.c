/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as weir reads it: aliases, merge keys, environment, bounds. */
#include "load.h"

static void a_merge_key_fills_in_what_a_map_does_not_say(void **state)
{
    struct config *config = load_fine(
        state, LISTENER UPSTREAM "routes:\n"
                                 "  - &base {name: a, upstream: app, timeouts: &t {connect: 7s, idle: 8s}}\n"
                                 "  - <<: *base\n"
                                 "    name: b\n"
                                 "    match: {path: /b}\n"
                                 "    timeouts: {<<: [{idle: 9s}, *t]}\n");
    const struct route_settings *route = &config->serve.routes[1];
    assert_true(text_equal(route->name, TEXT("b")));
    assert_int_equal(route->target, TARGET_UPSTREAM);
    assert_int_equal(route->timeouts.connect, 7000);
    assert_int_equal(route->timeouts.idle, 9000);
}

static void what_a_map_says_itself_replaces_what_is_merged(void **state)
{
    struct config *config =
        load_fine(state, LISTENER UPSTREAM ROUTE "log: {<<: [{level: warn}, {level: loud}], path: x}\n"
                                                 "access_log: {<<: {format: wrong}, format: common}\n");
    assert_int_equal(config->log.level, LOG_WARN);
    assert_int_equal(config->access_log.format, ACCESS_COMMON);
}

static void a_merge_key_that_is_no_map_is_a_problem(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "log: {<<: 5}\n", 4, "'<<' needs a map");
}

static void a_key_given_twice_is_a_problem_at_the_second(void **state)
{
    assert_null(load(state, LISTENER UPSTREAM ROUTE "log:\n  level: info\n  path: stderr\n  level: warn\n"));
    problem_at(state, 7, 3, "'level' is given twice, first in line 5");
}

static void a_key_given_twice_in_a_large_map_is_found_too(void **state)
{
    char yaml[4000] = LISTENER ROUTE "upstreams:\n  app: {endpoints: [127.0.0.1:1]}\n";
    for (unsigned i = 0; i < 60; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "  u%u: {endpoints: [127.0.0.1:1]}\n",
                 i % 50);
    assert_null(load(state, yaml));
    problem_at(state, 55, 3, "'u0' is given twice, first in line 5");
    problem_at(state, 64, 3, "'u9' is given twice, first in line 14");
}

static void a_key_that_is_no_word_is_a_problem(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "? [a, b]\n: c\n", 4, "a key must be a single word");
}

static void an_alias_without_anchor_is_a_problem_that_does_not_show_it(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {token: *hunter2 }\n", 4, "has no anchor");
    assert_false(any_problem_says(state, "hunter2"));
}

static void an_alias_within_its_own_anchor_is_a_problem(void **state)
{
    assert_null(load(state, LISTENER UPSTREAM ROUTE "log: &self {path: *self }\n"));
    problem_at(state, 4, 19, "has no anchor");
    assert_null(load(state, LISTENER UPSTREAM ROUTE "log: {level: &a info, path: &a [*a ]}\n"));
    problem_at(state, 4, 33, "has no anchor");
}

static void expansion_of_aliases_is_bounded(void **state)
{
    char yaml[3000] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (unsigned i = 1; i < 20; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "a%u: &a%u [*a%u, *a%u, *a%u, *a%u, *a%u, *a%u]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1,
                 i - 1);
    assert_null(load(state, yaml));
    assert_true(any_problem_says(state, "more than a million values"));
}

static void nesting_is_bounded(void **state)
{
    char yaml[300] = "a: ";
    memset(yaml + 3, '[', 200);
    assert_null(load(state, yaml));
    problem_at(state, 1, 67, "nested too deeply");
}

static void nesting_by_aliases_is_bounded(void **state)
{
    char yaml[3000] = "a: &a0 [[[[[[[[[[x]]]]]]]]]]\n";
    for (unsigned i = 1; i < 10; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "b%u: &a%u [[[[[[[[*a%u ]]]]]]]]\n", i, i,
                 i - 1);
    assert_null(load(state, yaml));
    assert_true(any_problem_says(state, "nested too deeply"));
}

static void broken_yaml_is_told_with_its_place(void **state)
{
    load_wrong(state, "log: {level: info\nworkers: 1\n", 2, "this is not YAML");
}

static void bytes_that_are_not_utf8_are_told_with_their_line(void **state)
{
    load_wrong(state, "workers: 1\nuser: \xff\n", 2, "this is not YAML");
}

static void a_second_document_is_a_problem(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "---\nworkers: 1\n", 4, "second YAML document");
}

static void an_empty_file_is_a_problem(void **state)
{
    load_wrong(state, "", 1, "says nothing");
    load_wrong(state, "# only a comment\n", 1, "says nothing");
}

static void the_environment_is_put_into_scalars(void **state)
{
    setenv("WEIR_TEST_TOKEN", "from outside", 1);
    setenv("WEIR_TEST_EMPTY", "", 1);
    unsetenv("WEIR_TEST_UNSET");
    struct config *config = load_fine(state, LISTENER UPSTREAM ROUTE
                                      "admin: {token: 'a ${WEIR_TEST_TOKEN} ${WEIR_TEST_UNSET:-de-fault} "
                                      "${WEIR_TEST_EMPTY:-x}${WEIR_TEST_EMPTY} $${NO} $5'}\n");
    assert_string_equal(config->admin.token.at, "a from outside de-fault x ${NO} $5");
}

static void a_variable_needs_no_quotes_within_brackets_and_braces(void **state)
{
    setenv("WEIR_TEST_BACKEND", "127.0.0.1:9009", 1);
    setenv("WEIR_TEST_SECOND", "127.0.0.1:9010", 1);
    unsetenv("WEIR_TEST_UNSET");
    struct config *config =
        load_fine(state, LISTENER
                  "log: {path: ${WEIR_TEST_UNSET:-a,[b]}, level: info}\n"
                  "routes: [{upstream: app, match: {path: '/$${WEIR_TEST_UNSET'}}]\n"
                  "upstreams: {app: {endpoints: [${WEIR_TEST_BACKEND}, {address: ${WEIR_TEST_SECOND}}]}}\n");
    assert_string_equal(config->log.path.at, "a,[b]");
    assert_int_equal(address_port(&config->serve.clusters[0].endpoints[1].address), 9010);
    assert_true(text_equal(config->serve.routes[0].path, TEXT("/${WEIR_TEST_UNSET")));
    load_wrong(state, LISTENER UPSTREAM ROUTE "log: {path: ${WEIR_TEST_UNSET:-a}, level: loud}\n", 4,
               "not 'loud'");
    problem_at(state, 4, 43, "log.level");
}

static void characters_that_guard_variables_stay_in_files_that_use_them(void **state)
{
    unsetenv("WEIR_TEST_UNSET");
    struct config *config =
        load_fine(state, LISTENER UPSTREAM ROUTE "log: {path: '\uF8F0 ${WEIR_TEST_UNSET:-a}'}\n");
    assert_string_equal(config->log.path.at, "\uF8F0 a");
    load_fine(state, LISTENER UPSTREAM ROUTE "log: {path: '\uF8F1'}\n");
    assert_string_equal(((struct loading *)*state)->config->log.path.at, "\uF8F1");
}

static void an_undefined_variable_without_default_is_the_only_problem(void **state)
{
    unsetenv("WEIR_TEST_UNSET");
    load_wrong(state, LISTENER UPSTREAM ROUTE "workers: ${WEIR_TEST_UNSET}\n", 4,
               "WEIR_TEST_UNSET is not set");
}

static void a_malformed_variable_is_a_problem_that_does_not_show_it(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {token: 'x${hunter2'}\n", 4, "write ${NAME}");
    assert_false(any_problem_says(state, "hunter2"));
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {token: '${hunter-2}'}\n", 4, "write ${NAME}");
    assert_false(any_problem_says(state, "hunter"));
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {token: '${A:-${B}}'}\n", 4, "write ${NAME}");
}

static void values_from_the_environment_are_not_shown(void **state)
{
    setenv("WEIR_TEST_TOKEN", "hunter2", 1);
    load_wrong(state, LISTENER UPSTREAM ROUTE "workers: ${WEIR_TEST_TOKEN}\n", 4, "needs a whole number");
    assert_false(any_problem_says(state, "hunter2"));
}

static void a_tag_is_a_problem(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "workers: !include 3\n", 4, "a tag");
}

static void a_quoted_number_is_a_number_and_an_unquoted_no_a_name(void **state)
{
    struct config *config =
        load_fine(state, "workers: '3'\nlisteners: [{name: no, listen: 127.0.0.1:1}]\n"
                         "routes: [{name: 12, listener: no, respond: {status: '204'}}]\n");
    assert_int_equal(config->workers, 3);
    assert_true(text_equal(config->serve.fronts[0].name, TEXT("no")));
    assert_true(text_equal(config->serve.routes[0].name, TEXT("12")));
    assert_int_equal(config->serve.routes[0].respond.status, 204);
}

static void an_include_in_a_text_is_a_problem(void **state)
{
    load_wrong(state, "include: /etc/*\n" LISTENER UPSTREAM ROUTE, 1, "include works in files only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(a_merge_key_fills_in_what_a_map_does_not_say),
        loading_test(what_a_map_says_itself_replaces_what_is_merged),
        loading_test(a_merge_key_that_is_no_map_is_a_problem),
        loading_test(a_key_given_twice_is_a_problem_at_the_second),
        loading_test(a_key_given_twice_in_a_large_map_is_found_too),
        loading_test(a_key_that_is_no_word_is_a_problem),
        loading_test(an_alias_without_anchor_is_a_problem_that_does_not_show_it),
        loading_test(an_alias_within_its_own_anchor_is_a_problem),
        loading_test(expansion_of_aliases_is_bounded),
        loading_test(nesting_is_bounded),
        loading_test(nesting_by_aliases_is_bounded),
        loading_test(broken_yaml_is_told_with_its_place),
        loading_test(bytes_that_are_not_utf8_are_told_with_their_line),
        loading_test(a_second_document_is_a_problem),
        loading_test(an_empty_file_is_a_problem),
        loading_test(the_environment_is_put_into_scalars),
        loading_test(a_variable_needs_no_quotes_within_brackets_and_braces),
        loading_test(characters_that_guard_variables_stay_in_files_that_use_them),
        loading_test(an_undefined_variable_without_default_is_the_only_problem),
        loading_test(a_malformed_variable_is_a_problem_that_does_not_show_it),
        loading_test(values_from_the_environment_are_not_shown),
        loading_test(a_tag_is_a_problem),
        loading_test(a_quoted_number_is_a_number_and_an_unquoted_no_a_name),
        loading_test(an_include_in_a_text_is_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
