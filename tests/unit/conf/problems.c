/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

static struct place at(const char *file, unsigned line, unsigned column)
{
    return (struct place){file, line, column};
}

static void problems_are_printed_in_file_order_with_their_place(void **state)
{
    struct problems problems;
    char *printed = NULL;
    size_t size;
    (void)state;
    problems_init(&problems);
    problem_warn(&problems, at("a.yaml", 9, 5), "second");
    problem_add(&problems, at("b.yaml", 1, 1), "fourth");
    problem_add(&problems, at("a.yaml", 10, 2), "third %d", 3);
    problem_add(&problems, at("a.yaml", 9, 3), "first");
    problems_sort(&problems);
    FILE *out = open_memstream(&printed, &size);
    problems_print(&problems, out);
    fclose(out);
    assert_string_equal(printed, "a.yaml:9:3: first\na.yaml:9:5: warning: second\na.yaml:10:2: third 3\n"
                                 "b.yaml:1:1: fourth\n");
    assert_int_equal(problems.errors, 3);
    free(printed);
    problems_clear(&problems);
}

static void the_same_problem_is_kept_once(void **state)
{
    struct problems problems;
    (void)state;
    problems_init(&problems);
    problem_add(&problems, at("a", 1, 1), "x");
    problem_add(&problems, at("a", 1, 1), "y");
    problem_add(&problems, at("a", 1, 1), "x");
    problems_sort(&problems);
    assert_int_equal(problems.count, 2);
    problems_clear(&problems);
}

static void beyond_the_bound_problems_are_only_counted(void **state)
{
    struct problems problems;
    (void)state;
    problems_init(&problems);
    for (unsigned i = 0; i < PROBLEMS_MAX + 5; i++)
        problem_add(&problems, at("a", i + 1, 1), "x");
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_int_equal(problems.dropped, 5);
    assert_int_equal(problems.errors, PROBLEMS_MAX + 5);
    problems_clear(&problems);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    struct problems problems;
    (void)state;
    problems_init(&problems);
    problem_add(&problems, at("a", 1, 1), "evil \033[2J\nname");
    assert_string_equal(problems.list[0].message.at, "evil ?[2J?name");
    problems_clear(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_are_printed_in_file_order_with_their_place),
        cmocka_unit_test(the_same_problem_is_kept_once),
        cmocka_unit_test(beyond_the_bound_problems_are_only_counted),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
