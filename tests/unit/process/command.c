/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/command.h"

static char said[65536]; /* on both streams, by the last call */

static int begin_hearing(int stream, int heard)
{
    int saved = dup(stream);
    assert_true(saved >= 0 && dup2(heard, stream) >= 0);
    return saved;
}

static void end_hearing(int stream, int saved)
{
    assert_true(dup2(saved, stream) >= 0);
    close(saved);
}

/* Words are separated by single spaces. */
static int call(const char *line)
{
    char copy[256];
    char *words[8];
    int count = 0;
    FILE *heard = tmpfile();
    assert_non_null(heard);
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL && count < 8; word = strtok(NULL, " "))
        words[count++] = word;
    fflush(NULL);
    int out = begin_hearing(STDOUT_FILENO, fileno(heard));
    int err = begin_hearing(STDERR_FILENO, fileno(heard));
    int code = command_main(count, words);
    fflush(NULL);
    end_hearing(STDOUT_FILENO, out);
    end_hearing(STDERR_FILENO, err);
    rewind(heard);
    said[fread(said, 1, sizeof said - 1, heard)] = '\0';
    fclose(heard);
    return code;
}

static bool says(const char *part)
{
    return strstr(said, part) != NULL;
}

static const char *const commands[] = {"run",  "check", "explain", "schema", "reload",
                                       "demo", "top",   "doctor",  "version"};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void help_is_fine_for_all_and_for_each(void **state)
{
    (void)state;
    assert_int_equal(call("--help"), 0);
    for (int i = 0; i < COMMANDS; i++)
        assert_true(says(commands[i]));
    for (int i = 0; i < COMMANDS; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s --help", commands[i]);
        assert_int_equal(call(line), 0);
        snprintf(line, sizeof line, "usage: weir %s", commands[i]);
        assert_true(says(line));
    }
}

static void wrong_usage_is_2_with_a_hint(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "run -c",    "run -x",    "check weir.yaml",  "schema all",
        "demo fast", "version 1", "explain -c x GET", "explain -c x GET http://a/ b"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(call(lines[i]), 2);
        assert_true(says("--help"));
    }
    assert_int_equal(call(""), 2);
    assert_true(says("usage: weir"));
    assert_int_equal(call("serve"), 2);
    assert_true(says("unknown command serve"));
}

static void what_comes_later_says_so(void **state)
{
    (void)state;
    static const char *const lines[] = {"top", "doctor -c x.yaml"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(call(lines[i]), 1);
        assert_true(says("not in this build yet"));
    }
}

static void a_reload_needs_an_address_that_is_one(void **state)
{
    (void)state;
    static const char *const lines[] = {"reload -a",
                                        "reload -a nobody",
                                        "reload -a 127.0.0.1",
                                        "reload -a 127.0.0.1:x",
                                        "reload -a http://a:1",
                                        "reload -c x",
                                        "reload -a 127.0.0.1:1 -a 127.0.0.1:2",
                                        "check -c a -c b",
                                        "reload x",
                                        "reload -a ::1:80",
                                        "reload -a unix:",
                                        "reload -a :80"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (call(lines[i]) != 2)
            fail_msg("%s: %s", lines[i], said);
    assert_int_equal(call("reload -a unix:/nowhere/at/all.sock"), 1);
    assert_true(says("weir reload: unix:/nowhere/at/all.sock: "));
}

static void the_version_is_one_line(void **state)
{
    (void)state;
    assert_int_equal(call("version"), 0);
    assert_string_equal(said, "weir " WEIR_VERSION "\n");
    assert_int_equal(call("--version"), 0);
    assert_string_equal(said, "weir " WEIR_VERSION "\n");
}

static void check_names_what_it_found(void **state)
{
    (void)state;
    char path[] = "/tmp/weir-command-XXXXXX";
    char line[128];
    char expected[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "listener: []\n", 13) == 13);
    close(fd);
    snprintf(line, sizeof line, "check -c %s", path);
    assert_int_equal(call(line), 1);
    snprintf(expected, sizeof expected, "%s:1:1: ", path);
    assert_true(says(expected));
    assert_false(says("fine"));
    unlink(path);
}

static void a_fine_config_is_said_to_be_fine(void **state)
{
    (void)state;
    static const char yaml[] = "listeners: [{name: web, listen: 127.0.0.1:8080}]\n"
                               "routes: [{name: all, respond: {status: 200, body: ok}}]\n";
    char path[] = "/tmp/weir-command-XXXXXX";
    char line[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, yaml, sizeof yaml - 1) == sizeof yaml - 1);
    close(fd);
    snprintf(line, sizeof line, "check -c %s", path);
    assert_int_equal(call(line), 0);
    assert_true(says(": fine\n"));
    unlink(path);
}

static void explain_says_which_route_takes_a_request(void **state)
{
    (void)state;
    static const char yaml[] =
        "listeners: [{name: web, listen: 127.0.0.1:8080}]\n"
        "routes: [{name: one, match: {path: /a, headers: {X: y}}, respond: {status: 200}}]\n";
    char path[] = "/tmp/weir-command-XXXXXX";
    char line[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, yaml, sizeof yaml - 1) == sizeof yaml - 1);
    close(fd);
    snprintf(line, sizeof line, "explain GET -H x:y -c %s http://h:8080/a/b", path);
    assert_int_equal(call(line), 0);
    assert_true(says("route      one"));
    snprintf(line, sizeof line, "explain -c %s GET http://h:8080/a/b", path);
    assert_int_equal(call(line), 1);
    assert_true(says("header X differs"));
    unlink(path);
}

static void without_any_file_it_says_where_it_looked(void **state)
{
    (void)state;
    char folder[] = "/tmp/weir-command-XXXXXX";
    int before = open(".", O_RDONLY | O_DIRECTORY);
    if (access("/etc/weir/weir.yaml", F_OK) == 0)
        skip();
    assert_true(before >= 0 && mkdtemp(folder) != NULL && chdir(folder) == 0);
    assert_int_equal(call("check"), 1);
    assert_int_equal(fchdir(before), 0);
    close(before);
    rmdir(folder);
    assert_true(says("./weir.yaml") && says("/etc/weir/weir.yaml") && says("-c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_is_fine_for_all_and_for_each),
        cmocka_unit_test(wrong_usage_is_2_with_a_hint),
        cmocka_unit_test(what_comes_later_says_so),
        cmocka_unit_test(a_reload_needs_an_address_that_is_one),
        cmocka_unit_test(the_version_is_one_line),
        cmocka_unit_test(check_names_what_it_found),
        cmocka_unit_test(a_fine_config_is_said_to_be_fine),
        cmocka_unit_test(explain_says_which_route_takes_a_request),
        cmocka_unit_test(without_any_file_it_says_where_it_looked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
