/* SPDX-License-Identifier: Apache-2.0 */
/* URI references taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/reference.h"

/* As scheme|authority|path|tail; a dash where there is no authority. */
static void check(const char *written, const char *parts)
{
    struct reference r;
    char got[200] = "none";
    if (reference_read(text_of(written), &r))
        snprintf(got, sizeof got, "%.*s|%.*s|%.*s|%.*s", TEXT_ARGS(r.scheme),
                 TEXT_ARGS(r.has_authority ? r.authority : TEXT("-")), TEXT_ARGS(r.path), TEXT_ARGS(r.tail));
    assert_string_equal(got, parts);
}

static void takes_references_apart(void **state)
{
    (void)state;
    check("http://h:80/a/b?c=d#e", "http|h:80|/a/b|?c=d#e");
    check("HTTPS://[::1]?x", "HTTPS|[::1]||?x");
    check("//h/a", "|h|/a|");
    check("/a//b#c?d", "|-|/a//b|#c?d");
    check("a/b:c", "|-|a/b:c|");
    check("?a:b//c", "|-||?a:b//c");
    check("#", "|-||#");
    check("", "|-||");
    check("///a", "||/a|");
    check("http://u:p@h/", "http|u:p@h|/|");
    check("javascript:alert(1)", "javascript|-|alert(1)|");
    check("http:/a", "http|-|/a|");
    check("/caf\xc3\xa9", "|-|/caf\xc3\xa9|");
    check("/a?b c\\d", "|-|/a|?b c\\d");
}

static void what_readers_differ_on_is_no_reference(void **state)
{
    static const char *const odd[] = {"/\\h",  "\\\\h/a", "http:\\\\h/", "/a\tb",        "/a?\tb",
                                      " /a",   "/a b",    "1http://h",   ":a",           "://h",
                                      "a b:c", "\x7f",    "/\x01",       "java script:x"};
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        check(odd[i], "none");
}

static void a_nul_is_no_part_of_a_reference(void **state)
{
    struct reference r;
    (void)state;
    assert_false(reference_read((struct text){"/a\0b", 4}, &r));
    assert_true(reference_read(TEXT_NONE, &r));
}

static void finds_what_may_be_a_dot_segment(void **state)
{
    static const char *const dotted[] = {"/a/../b", ".", "./a", "/%2e%2E/", "/a/.", "%2E.", "/.well-known"};
    static const char *const plain[] = {"/a.b/c..", "/a", "", "/", "//", "/a%2f", "a.b"};
    (void)state;
    for (size_t i = 0; i < sizeof dotted / sizeof dotted[0]; i++)
        assert_true(path_has_dots(text_of(dotted[i])));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_false(path_has_dots(text_of(plain[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_references_apart),
        cmocka_unit_test(what_readers_differ_on_is_no_reference),
        cmocka_unit_test(a_nul_is_no_part_of_a_reference),
        cmocka_unit_test(finds_what_may_be_a_dot_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
