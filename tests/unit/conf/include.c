/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <sys/stat.h>

static void make_folder(void **state, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ((struct loading *)*state)->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static struct config *load_main(void **state)
{
    struct config *config = load_file(state, "main.yaml");
    if (config == NULL)
        problems_print(&((struct loading *)*state)->problems, stderr);
    assert_non_null(config);
    return config;
}

static void included_files_are_merged_in_sorted_order(void **state)
{
    make_folder(state, "conf.d");
    write_file(state, "main.yaml",
               "include: conf.d/*.yaml\nlog: {level: warn}\n" LISTENER
               "routes: [{name: first, respond: {status: 200}}]\n");
    write_file(state, "conf.d/20.yaml",
               "routes: [{name: third, match: {path: /3}, upstream: b}]\n"
               "upstreams: {b: {endpoints: [127.0.0.1:2]}}\n");
    write_file(state, "conf.d/10.yaml",
               "routes: [{name: second, match: {path: /2}, upstream: a}]\n"
               "upstreams: {a: {endpoints: [127.0.0.1:1]}}\nlog: {path: x.log}\n");
    struct config *config = load_main(state);
    assert_int_equal(config->serve.route_count, 3);
    assert_string_equal(config->serve.routes[0].name.at, "first");
    assert_string_equal(config->serve.routes[1].name.at, "second");
    assert_string_equal(config->serve.routes[2].name.at, "third");
    assert_int_equal(config->serve.cluster_count, 2);
    assert_int_equal(config->serve.routes[2].cluster, 1);
    assert_int_equal(config->log.level, LOG_WARN);
    assert_string_equal(config->log.path.at, "x.log");
}

static void a_pattern_without_match_is_fine_a_name_without_file_is_not(void **state)
{
    write_file(state, "main.yaml", "include: [conf.d/*.yaml]\n" LISTENER UPSTREAM ROUTE);
    load_main(state);
    write_file(state, "main.yaml", "include: [conf.d/a.yaml]\n" LISTENER UPSTREAM ROUTE);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 11, "there is no file");
}

static void the_same_name_in_two_files_is_told_with_both_places(void **state)
{
    write_file(state, "main.yaml", "include: more.yaml\n" LISTENER UPSTREAM ROUTE "workers: 2\n");
    write_file(state, "more.yaml", "workers: 3\nupstreams:\n  app: {endpoints: [127.0.0.1:5]}\n");
    assert_null(load_file(state, "main.yaml"));
    const struct problem *problem = problem_at(state, 3, 3, "'app' is given twice, also in");
    assert_non_null(strstr(problem->message.at, "main.yaml:3:13"));
    assert_non_null(strstr(problem->place.file, "more.yaml"));
    problem_at(state, 1, 1, "'workers' is given twice");
}

static void a_circle_of_includes_is_a_problem(void **state)
{
    write_file(state, "main.yaml", "include: a.yaml\n" LISTENER UPSTREAM ROUTE);
    write_file(state, "a.yaml", "include: b.yaml\n");
    write_file(state, "b.yaml", "include: '*.yaml'\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 10, "includes itself");
}

static void a_file_included_twice_is_a_problem(void **state)
{
    write_file(state, "main.yaml", "include: [a.yaml, ./a.yaml]\n" LISTENER UPSTREAM ROUTE);
    write_file(state, "a.yaml", "workers: 2\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 19, "included twice");
}

static void paths_are_relative_to_the_file_that_says_them(void **state)
{
    make_folder(state, "sub");
    write_file(state, "main.yaml", "include: sub/a.yaml\n" LISTENER);
    write_file(state, "sub/a.yaml",
               "include: b.yaml\n"
               "routes: [{respond: {status: 200}, errors: {502: {body_file: 502.html}}}]\n");
    write_file(state, "sub/b.yaml", "workers: 7\n");
    write_file(state, "sub/502.html", "sorry");
    struct config *config = load_main(state);
    assert_int_equal(config->workers, 7);
    assert_int_equal(config->serve.routes[0].error_count, 1);
    assert_string_equal(config->serve.routes[0].errors[0].body.at, "sorry");
    assert_string_equal(config->serve.routes[0].errors[0].content_type.at, "text/html");
}

static void what_one_file_leaves_empty_another_may_fill(void **state)
{
    write_file(state, "main.yaml", "include: [a.yaml, empty.yaml]\nroutes:\nworkers: 2\n" LISTENER UPSTREAM);
    write_file(state, "a.yaml", ROUTE "upstreams:\n");
    write_file(state, "empty.yaml", "# nothing yet\n");
    assert_int_equal(load_main(state)->serve.route_count, 1);
    write_file(state, "empty.yaml", "- a\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 1, "an included file must be a map");
}

static void includes_are_nested_so_deep_only(void **state)
{
    char name[20], content[40];
    write_file(state, "main.yaml", "include: 0.yaml\n" LISTENER UPSTREAM ROUTE);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%u.yaml", i);
        snprintf(content, sizeof content, i < 19 ? "include: %u.yaml\n" : "# %u\n", i + 1);
        write_file(state, name, content);
    }
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 10, "nested too deeply: 16 levels");
}

static void absolute_paths_stay_as_they_are(void **state)
{
    struct loading *loading = *state;
    char yaml[300];
    snprintf(yaml, sizeof yaml, "include: %s/a.yaml\n" LISTENER UPSTREAM ROUTE, loading->folder);
    write_file(state, "main.yaml", yaml);
    write_file(state, "a.yaml", "workers: 6\n");
    assert_int_equal(load_main(state)->workers, 6);
}

static void problems_of_all_files_are_told_at_once(void **state)
{
    write_file(state, "main.yaml", "include: a.yaml\nworkers: none\n" LISTENER UPSTREAM ROUTE);
    write_file(state, "a.yaml", "log: {levle: info}\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 2, 10, "workers: needs a whole number");
    problem_at(state, 1, 7, "did you mean 'level'?");
}

static void what_is_no_regular_file_is_not_read(void **state)
{
    struct loading *loading = *state;
    char path[200];
    snprintf(path, sizeof path, "%s/main.yaml", loading->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 1, "not a regular file");
    assert_null(load_file(state, "missing.yaml"));
    problem_at(state, 1, 1, "No such file");
}

static bool has_seen(void **state, const char *name)
{
    struct loading *loading = *state;
    char path[200];
    snprintf(path, sizeof path, "%s%s%s", loading->folder, name[0] == '\0' ? "" : "/", name);
    return map_find(&loading->seen.paths, text_of(path)) != NULL;
}

static void every_file_that_was_looked_at_is_known(void **state)
{
    make_folder(state, "sub");
    write_file(state, "main.yaml", "include: [a.yaml, missing.yaml]\n" LISTENER);
    write_file(
        state, "a.yaml",
        "routes: [{respond: {status: 200}, errors: {502: {body_file: sub/502.html}, 503: {body_file: no.html}}}]\n");
    write_file(state, "sub/502.html", "sorry");
    assert_null(load_file(state, "main.yaml"));
    assert_true(has_seen(state, "main.yaml") && has_seen(state, "a.yaml") && has_seen(state, "missing.yaml"));
    assert_true(has_seen(state, "sub/502.html") && has_seen(state, "no.html"));
    assert_int_equal(((struct loading *)*state)->seen.count, 5);
    assert_null(load_file(state, "nothing.yaml"));
    assert_true(has_seen(state, "nothing.yaml"));
    assert_int_equal(((struct loading *)*state)->seen.count, 1);
}

static void folders_where_a_pattern_may_match_later_are_known(void **state)
{
    make_folder(state, "conf.d");
    make_folder(state, "sites");
    make_folder(state, "sites/one");
    make_folder(state, "sites/one/v1");
    write_file(
        state, "main.yaml",
        "include: ['*.yml', conf.d/*.yaml, missing.d/*.yaml, 'sites/*/v?/*.yaml']\n" LISTENER UPSTREAM ROUTE);
    load_main(state);
    assert_true(has_seen(state, "") && has_seen(state, "conf.d") && has_seen(state, "missing.d"));
    assert_true(has_seen(state, "sites") && has_seen(state, "sites/one") && has_seen(state, "sites/one/v1"));
    assert_int_equal(((struct loading *)*state)->seen.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(included_files_are_merged_in_sorted_order),
        loading_test(a_pattern_without_match_is_fine_a_name_without_file_is_not),
        loading_test(the_same_name_in_two_files_is_told_with_both_places),
        loading_test(a_circle_of_includes_is_a_problem),
        loading_test(a_file_included_twice_is_a_problem),
        loading_test(paths_are_relative_to_the_file_that_says_them),
        loading_test(what_one_file_leaves_empty_another_may_fill),
        loading_test(includes_are_nested_so_deep_only),
        loading_test(absolute_paths_stay_as_they_are),
        loading_test(problems_of_all_files_are_told_at_once),
        loading_test(what_is_no_regular_file_is_not_read),
        loading_test(every_file_that_was_looked_at_is_known),
        loading_test(folders_where_a_pattern_may_match_later_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
