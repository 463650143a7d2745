/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "exchange/regex.h"

static enum regex_result try(const char *written, struct text path)
{
    struct regex_error error;
    struct regex *regex = regex_new(text_of(written), &error);
    assert_non_null(regex);
    enum regex_result result = regex_match(regex, path);
    regex_free(regex);
    return result;
}

static void is_found_anywhere_unless_anchored(void **state)
{
    (void)state;
    assert_int_equal(try("v\\d+", TEXT("/api/v12/x")), REGEX_MATCHES);
    assert_int_equal(try("^v\\d+", TEXT("/api/v12/x")), REGEX_DIFFERS);
    assert_int_equal(try("^/api/v\\d+$", TEXT("/api/v12")), REGEX_MATCHES);
    assert_int_equal(try("^/api/v\\d+$", TEXT("/api/v12/x")), REGEX_DIFFERS);
    assert_int_equal(try("\\.(php|cgi)$", TEXT("/a/b.php")), REGEX_MATCHES);
    assert_int_equal(try("(?i)ADMIN", TEXT("/x/admin")), REGEX_MATCHES);
    assert_int_equal(try("^/a\\b|z$", TEXT("/z")), REGEX_MATCHES);
}

static void bytes_that_are_no_utf8_are_just_bytes(void **state)
{
    (void)state;
    assert_int_equal(try("^/.$", TEXT("/\xff")), REGEX_MATCHES);
    assert_int_equal(try("^/.$", TEXT("/\xc3\xa9")), REGEX_DIFFERS);
}

static struct text long_path(size_t len, const char *end)
{
    char *path = malloc(len);
    assert_non_null(path);
    memset(path, 'a', len);
    path[0] = '/';
    memcpy(path + len - strlen(end), end, strlen(end));
    return (struct text){path, len};
}

/* Where a match is tried at more bytes than are tried at once. */
static void is_found_at_the_end_of_a_long_path(void **state)
{
    (void)state;
    for (size_t len = 250; len < 1050; len += 1) {
        struct text path = long_path(len, "x.php");
        assert_int_equal(try("\\.php$", path), REGEX_MATCHES);
        assert_int_equal(try("$", path), REGEX_MATCHES);
        assert_int_equal(try("(?<=a)x\\.p", path), REGEX_MATCHES);
        assert_int_equal(try("(?<!a)x\\.p", path), REGEX_DIFFERS);
        assert_int_equal(try("\\.php^", path), REGEX_DIFFERS);
        assert_int_equal(try("^/a+x", path), REGEX_MATCHES);
        free((char *)(uintptr_t)path.at);
    }
}

static double ms_of_thread(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Without bounds each of these would take from seconds to the age of the universe. */
static const char *const catastrophes[] = {
    "^/(a+)+$",          "(a+)+$",      "^/(a|aa)+$", "^/(a*)*b?$", "^/(?:a|a)*$",
    "a{1,60}a{1,30}a*c", "a.*a.*a.*c$", "(.*a){20}c", "(aa|a)*c$",  "(*LIMIT_MATCH=4000000000)^/(a+)+$"};

static void hostile_paths_cost_a_bounded_time(void **state)
{
    (void)state;
    static const size_t lens[] = {40, 1000, 8000, 65000};
    for (size_t i = 0; i < sizeof catastrophes / sizeof *catastrophes; i++) {
        for (size_t j = 0; j < sizeof lens / sizeof *lens; j++) {
            char written[100];
            struct text path = long_path(lens[j], "!");
            double began = ms_of_thread();
            assert_int_not_equal(try(catastrophes[i], path), REGEX_MATCHES);
            snprintf(written, sizeof written, "(*NO_JIT)%s", catastrophes[i]);
            assert_int_not_equal(try(written, path), REGEX_MATCHES);
            assert_true(ms_of_thread() - began < 200); /* 10 on a quick machine */
            free((char *)(uintptr_t)path.at);
        }
    }
    struct text path = long_path(40, "!");
    assert_int_equal(try("^/(a+)+$", path), REGEX_GAVE_UP);
    assert_int_equal(try("(*NO_JIT)^/(a+)+$", path), REGEX_GAVE_UP);
    free((char *)(uintptr_t)path.at);
}

static void deep_patterns_and_paths_do_no_harm(void **state)
{
    (void)state;
    struct text path = long_path(65000, "!");
    assert_int_not_equal(try("^/(a|(?1))*$", path), REGEX_MATCHES);
    assert_int_not_equal(try("(*NO_JIT)^/((a|b)(?1)?)$", path), REGEX_MATCHES);
    assert_int_not_equal(try("^(.(?1)?)$b", path), REGEX_MATCHES);
    free((char *)(uintptr_t)path.at);
}

static void a_malformed_pattern_is_told_with_its_offset(void **state)
{
    (void)state;
    static const struct {
        const char *written, *said;
        size_t offset;
    } wrong[] = {
        {"/a(b", "missing closing parenthesis", 4},
        {"/[z-a]", "range out of order", 4},
        {"*a", "quantifier does not follow", 0},
        {"(*UTF)a", "UTF is disabled", 6},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct regex_error error = {0};
        assert_null(regex_new(text_of(wrong[i].written), &error));
        assert_false(regex_is_valid(text_of(wrong[i].written), &error));
        assert_non_null(strstr(error.message, wrong[i].said));
        assert_in_range(error.offset, wrong[i].offset, wrong[i].offset + 1);
    }
    assert_true(regex_is_valid(TEXT("^/(a)\\1$"), &(struct regex_error){0}));
}

static void *match_often(void *memory)
{
    for (int i = 0; i < 2000; i++)
        if (regex_match(memory, TEXT("/api/v1/x")) != REGEX_MATCHES)
            return memory;
    return NULL;
}

static void threads_share_a_pattern(void **state)
{
    (void)state;
    struct regex_error error;
    struct regex *regex = regex_new(TEXT("v(\\d)+/x$"), &error);
    pthread_t threads[4];
    void *failed;
    assert_non_null(regex);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_often, regex), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    regex_free(regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_found_anywhere_unless_anchored),
        cmocka_unit_test(bytes_that_are_no_utf8_are_just_bytes),
        cmocka_unit_test(is_found_at_the_end_of_a_long_path),
        cmocka_unit_test(hostile_paths_cost_a_bounded_time),
        cmocka_unit_test(deep_patterns_and_paths_do_no_harm),
        cmocka_unit_test(a_malformed_pattern_is_told_with_its_offset),
        cmocka_unit_test(threads_share_a_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
