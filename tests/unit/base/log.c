/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static char folder[] = "/tmp/weir-log-XXXXXX";
static char path[64], rotated[80];
static char content[1 << 20];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/log", folder);
    snprintf(rotated, sizeof(rotated), "%s.1", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(rotated);
    return rmdir(folder);
}

static const char *content_of(const char *file)
{
    int fd = open(file, O_RDONLY);
    ssize_t len = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);
    content[len < 0 ? 0 : len] = '\0';
    if (fd >= 0)
        close(fd);
    return content;
}

static void open_anew(enum log_level level, enum log_format format)
{
    unlink(path);
    assert_true(log_open(level, format, path));
}

/* Whether the line at the front begins with a time and goes on with this. */
static void assert_behind_time(const char *line, const char *expected)
{
    int year, month, day, hour, minute, second, ms;
    assert_int_equal(
        sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second, &ms), 7);
    assert_string_equal(line + 24, expected);
}

static void a_text_line_is_time_level_and_message(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    errno = ENOENT;
    log_write(LOG_WARN, "listener %s: %d", "web", 7);
    assert_int_equal(errno, ENOENT);
    assert_behind_time(content_of(path), " warn listener web: 7\n");
}

static void a_json_line_is_an_object_with_three_members(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_JSON);
    log_write(LOG_ERROR, "say \"%s\"", "a\nb\x1b\xff");
    const char *line = content_of(path);
    assert_memory_equal(line, "{\"time\":\"", 9);
    assert_behind_time(line + 9,
                       "\",\"level\":\"error\",\"message\":\"say \\\"a\\nb\\u001b\xef\xbf\xbd\\\"\"}\n");
}

static void controls_and_broken_utf8_never_reach_a_text_line(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    log_write(LOG_INFO, "%s", "a\nb\x1b[0m\x7f\xff\xc2\x9b \xc3\xa4");
    assert_behind_time(content_of(path), " info a\\x0ab\\x1b[0m\\x7f\\xff\\xc2\\x9b \xc3\xa4\n");
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    open_anew(LOG_WARN, LOG_TEXT);
    log_write(LOG_INFO, "no");
    assert_false(log_wants(LOG_INFO));
    assert_string_equal(content_of(path), "");
    log_set_level(LOG_DEBUG);
    assert_true(log_wants(LOG_DEBUG));
    log_write(LOG_DEBUG, "yes");
    assert_behind_time(content_of(path), " debug yes\n");
}

static void a_long_line_is_cut_at_8_kib_and_shows_it(void **state)
{
    (void)state;
    enum log_format formats[] = {LOG_TEXT, LOG_JSON};
    const char *ends[] = {"a...\n", "a...\"}\n"};
    for (int i = 0; i < 2; i++) {
        open_anew(LOG_INFO, formats[i]);
        log_write(LOG_INFO, "%0*d", 20000, 0);
        assert_in_range(strlen(content_of(path)), 8000, 8192);
        open_anew(LOG_INFO, formats[i]);
        char *message = malloc(8193);
        memset(message, 'a', 8192);
        message[8192] = '\0';
        log_write(LOG_INFO, "%s", message);
        free(message);
        size_t len = strlen(content_of(path));
        assert_in_range(len, 8000, 8192);
        assert_string_equal(content + len - strlen(ends[i]), ends[i]);
    }
}

static void opening_the_path_again_follows_a_rotation(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    log_write(LOG_INFO, "before");
    assert_int_equal(rename(path, rotated), 0);
    log_write(LOG_INFO, "between");
    assert_true(log_open(LOG_INFO, LOG_TEXT, path));
    log_write(LOG_INFO, "after");
    assert_behind_time(content_of(path), " info after\n");
    assert_non_null(strstr(content_of(rotated), "between"));
}

static void a_path_that_cannot_be_opened_leaves_the_log_as_it_is(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    assert_false(log_open(LOG_ERROR, LOG_JSON, "/nowhere/at/all"));
    assert_int_equal(errno, ENOENT);
    log_write(LOG_INFO, "still here");
    assert_behind_time(content_of(path), " info still here\n");
}

static void say(const char *what)
{
    log_write_limited(LOG_INFO, "endpoint %s", what);
}

static unsigned count_of(const char *file, const char *what)
{
    unsigned count = 0;
    for (const char *at = content_of(file); (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void a_limited_text_is_written_once_a_second_and_the_rest_is_counted(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 100; i++)
        say("a");
    assert_in_range(count_of(path, "\n"), 1, 2); /* two when a second began meanwhile */
    while (strstr(content_of(path), "endpoint a (") == NULL)
        say("a");
    assert_non_null(strstr(content, " like this left out)\n"));
}

static void one_text_neither_hides_another_nor_is_counted_with_it(void **state)
{
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    say("b");
    for (int i = 0; i < 50; i++)
        say("c");
    say("d");
    assert_int_equal(count_of(path, "endpoint b\n"), 1);
    assert_in_range(count_of(path, "endpoint c"), 1, 2);
    assert_int_equal(count_of(path, "endpoint d\n"), 1);
    while (strstr(content_of(path), "endpoint c (") == NULL)
        say("c");
    say("e");
    assert_int_equal(count_of(path, "endpoint e\n"), 1);
}

static void texts_without_end_are_bounded_and_counted(void **state)
{
    char number[16];
    (void)state;
    open_anew(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 1000; i++) {
        snprintf(number, sizeof number, "%d", i);
        say(number);
    }
    assert_in_range(count_of(path, "\n"), LOG_LIMIT_TEXTS / 2, 2 * LOG_LIMIT_TEXTS);
    while (strstr(content_of(path), " others left out)\n") == NULL)
        say("z");
}

static void a_reader_that_does_not_read_costs_lines_and_no_time(void **state)
{
    (void)state;
    int ends[2];
    uint64_t before = log_dropped();
    char line[40] = {0};
    int saved = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    bool opened = log_open(LOG_INFO, LOG_TEXT, "stdout");
    dup2(saved, STDOUT_FILENO);
    assert_true(opened);
    for (int i = 0; i < 10000; i++)
        log_write(LOG_INFO, "a line that nobody reads");
    assert_true(log_dropped() > before);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(read(ends[0], line, 34), 34);
    assert_non_null(strstr(line, " info a"));
    open_anew(LOG_INFO, LOG_TEXT);
    close(ends[0]);
    close(ends[1]);
    close(saved);
}

static void *limit_many(void *arg)
{
    for (int i = 0; i < 2000; i++)
        say(&"f\0g\0"[2 * (i % 2)]);
    return arg;
}

static void threads_share_the_limit(void **state)
{
    (void)state;
    pthread_t threads[2];
    open_anew(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, limit_many, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(count_of(path, "endpoint f"), 1, 20);
    assert_in_range(count_of(path, "endpoint g"), 1, 20);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_write(LOG_INFO, "%c line of a thread", *(const char *)arg);
    return NULL;
}

static void lines_of_threads_never_mix(void **state)
{
    (void)state;
    pthread_t threads[2];
    open_anew(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, write_many, (void *)(uintptr_t)&"ab"[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    unsigned lines = 0;
    content_of(path);
    for (char *line = strtok(content, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        assert_string_equal(line + 31, " line of a thread");
    assert_int_equal(lines, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_line_is_time_level_and_message),
        cmocka_unit_test(a_json_line_is_an_object_with_three_members),
        cmocka_unit_test(controls_and_broken_utf8_never_reach_a_text_line),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(a_long_line_is_cut_at_8_kib_and_shows_it),
        cmocka_unit_test(opening_the_path_again_follows_a_rotation),
        cmocka_unit_test(a_path_that_cannot_be_opened_leaves_the_log_as_it_is),
        cmocka_unit_test(a_limited_text_is_written_once_a_second_and_the_rest_is_counted),
        cmocka_unit_test(one_text_neither_hides_another_nor_is_counted_with_it),
        cmocka_unit_test(texts_without_end_are_bounded_and_counted),
        cmocka_unit_test(a_reader_that_does_not_read_costs_lines_and_no_time),
        cmocka_unit_test(lines_of_threads_never_mix),
        cmocka_unit_test(threads_share_the_limit),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
