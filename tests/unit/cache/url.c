/* SPDX-License-Identifier: Apache-2.0 */
/* Which URLs mean the same stored answer. */
#include "cache/url.h"

#include <cmocka.h>

enum { ALL = 15, NO_SCHEME = 14, NO_HOST = 13, NO_PATH = 11, NO_QUERY = 7 };

static const struct compared {
    const char *url;
    const char *other;
    unsigned keyed;
    bool equal;
    bool starts; /* the first one with the second one */
} compared[] = {
    {"http://a/p?q", "http://a/p?q", ALL, true, true},
    {"http://a/p?q", "http://a/p", ALL, false, true},
    {"http://a/p", "http://a/p?q", ALL, false, false},
    {"http://a/p?q", "http://a/p?", ALL, false, true},
    {"http://a/p?query", "http://a/p?qu", ALL, false, true},
    {"http://a/path?q", "http://a/pa?q", ALL, false, false},
    {"http://a/path", "http://a/pa", ALL, false, true},
    {"http://a/path", "http://a", ALL, false, true},
    {"http://abc/path", "http://a", ALL, false, true},
    {"http://abc/path", "http://a/", ALL, false, false},
    {"http://a:80/", "http://a/", ALL, false, false},
    {"https://a/p", "http://a/p", ALL, false, false},
    {"https://a/p", "http://a/p", NO_SCHEME, true, true},
    {"http://a/p", "http://b/p", NO_HOST, true, true},
    {"http://a/p", "http://b", NO_HOST, false, true},
    {"http://a/p?1", "http://a/p?2", NO_QUERY, true, true},
    {"http://a/p?1", "http://a/p", NO_QUERY, true, true},
    {"http://a/p?1", "http://a/other", NO_QUERY, false, false},
    {"http://a/p", "http://a/other", NO_PATH, true, true},
    {"http://a?q", "http://a?q", ALL, true, true},
    {"http://a?q/r", "http://a", ALL, false, true},
    {"http://", "http://", ALL, true, true},
    {"http://a/", "http://", ALL, false, true},
};

static void parts_that_are_in_no_key_match_any(void **state)
{
    struct cache_url url, other;
    (void)state;
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        const struct compared *row = &compared[i];
        assert_true(cache_url_read(&url, text_of(row->url)) && cache_url_read(&other, text_of(row->other)));
        if (cache_url_equal(&url, &other, row->keyed) != row->equal ||
            cache_url_starts(&url, &other, row->keyed) != row->starts)
            fail_msg("%s and %s, %u", row->url, row->other, row->keyed);
    }
}

static void what_has_no_scheme_is_no_url(void **state)
{
    static const char *const wrong[] = {"", "/", "a", "http", "http:", "http:/", "http:a//", "//a/"};
    struct cache_url url;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (cache_url_read(&url, text_of(wrong[i])))
            fail_msg("%s", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_are_in_no_key_match_any),
        cmocka_unit_test(what_has_no_scheme_is_no_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
