/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/binary.h"

static char own[PATH_MAX];
static char folder[] = "/tmp/weir-binary-XXXXXX";
static char linked[PATH_MAX]; /* folder/weir */
static char path[PATH_MAX];

static int begin(void **state)
{
    (void)state;
    if (readlink("/proc/self/exe", own, sizeof own - 1) <= 0 || mkdtemp(folder) == NULL)
        return -1;
    snprintf(linked, sizeof linked, "%s/weir", folder);
    return symlink(own, linked);
}

static int end(void **state)
{
    (void)state;
    unlink(linked);
    return rmdir(folder);
}

static void an_absolute_path_stays_with_its_links(void **state)
{
    (void)state;
    assert_true(binary_path(linked, path));
    assert_string_equal(path, linked);
}

static void a_relative_path_begins_in_the_folder_of_the_start(void **state)
{
    (void)state;
    char here[PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    assert_true(binary_path("./weir", path));
    assert_int_equal(chdir(here), 0);
    char expected[PATH_MAX];
    snprintf(expected, sizeof expected, "%.100s/./weir", folder);
    assert_string_equal(path, expected);
}

static void a_name_is_searched_for_as_the_shell_did(void **state)
{
    (void)state;
    char search[PATH_MAX], before[8192];
    snprintf(before, sizeof before, "%s", getenv("PATH"));
    snprintf(search, sizeof search, "/nowhere::relative:%.100s:/usr/bin", folder);
    setenv("PATH", search, 1);
    assert_true(binary_path("weir", path));
    setenv("PATH", before, 1);
    assert_string_equal(path, linked);
}

static void what_is_another_program_is_not_believed(void **state)
{
    (void)state;
    static const char *const words[] = {"", "/bin/sh", "sh", "-weir", "./nothing", "/nowhere/weir"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_true(binary_path(words[i], path));
        assert_string_equal(path, own);
    }
    assert_true(binary_path(NULL, path));
    assert_string_equal(path, own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absolute_path_stays_with_its_links),
        cmocka_unit_test(a_relative_path_begins_in_the_folder_of_the_start),
        cmocka_unit_test(a_name_is_searched_for_as_the_shell_did),
        cmocka_unit_test(what_is_another_program_is_not_believed),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
