/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/policy.h"

#include "heads.h"

enum { NOW = 784111777 };

static bool stores(struct arena *arena, const char *request, unsigned status, const char *response)
{
    static const struct freshness_defaults defaults;
    const struct cache_moment moment = {NOW, 0};
    struct cache_control said;
    struct freshness freshness;
    struct head asked = request_of(arena, METHOD_GET, request);
    struct head answer = response_of(arena, status, response);
    bool targeted = cache_control_read_targeted(&said, &answer.fields);
    if (!targeted)
        cache_control_read(&said, &answer.fields);
    freshness_read(&freshness, &answer, &said, targeted, &moment, &defaults);
    return policy_may_store(&asked, &answer, &said, &freshness);
}

static const struct storing {
    const char *request;
    unsigned status;
    const char *response;
    bool stored;
} storing[] = {
    {"", 200, "Cache-Control: max-age=60", true},
    {"", 200, "", false},
    {"", 200, "ETag: \"a\"", true},
    {"", 200, "Last-Modified: Sun, 06 Nov 1994 08:32:57 GMT", true},
    {"", 200, "Cache-Control: max-age=0", false},
    {"", 200, "Cache-Control: max-age=0\nETag: \"a\"", true},
    {"", 200, "Cache-Control: no-cache", false},
    {"", 200, "Cache-Control: no-cache, max-age=60", false},
    {"", 200, "Cache-Control: no-cache\nETag: \"a\"", true},
    {"", 200, "Cache-Control: no-store, max-age=60", false},
    {"", 200, "Cache-Control: private, max-age=60", false},
    {"", 200, "Cache-Control: private=\"set-cookie\", max-age=60", false},
    {"", 200, "Cache-Control: max-age=60\nSet-Cookie: a=b", false},
    {"", 200, "Cache-Control: public, max-age=60\nSet-Cookie: a=b", true},
    {"", 200, "Cache-Control: private\nCDN-Cache-Control: max-age=60", true},
    {"", 200, "Cache-Control: max-age=60\nCDN-Cache-Control: no-store", false},
    {"", 206, "Cache-Control: max-age=60\nContent-Range: bytes 0-1/5", false},
    {"", 200, "Cache-Control: max-age=60\nContent-Range: bytes 0-1/5", false},
    {"", 200, "Cache-Control: max-age=60\nContent-Range: Bytes 0-1/5", false},
    {"", 200, "Cache-Control: max-age=60\nContent-Range: lines 0-1/5", true},
    {"", 200, "Cache-Control: max-age=60\nContent-Range: b", true},
    {"", 304, "Cache-Control: max-age=60", false},
    {"", 302, "", false},
    {"", 302, "ETag: \"a\"", false},
    {"", 302, "Cache-Control: max-age=60", true},
    {"", 500, "Cache-Control: max-age=60", true},
    {"", 599, "Cache-Control: max-age=60", true},
    {"", 599, "Cache-Control: max-age=60, must-understand", false},
    {"", 200, "Cache-Control: max-age=60, must-understand, no-store", true},
    {"", 599, "Cache-Control: max-age=60, must-understand, no-store", false},
    {"Cache-Control: no-store", 200, "Cache-Control: max-age=60", false},
    {"Authorization: x", 200, "Cache-Control: max-age=60", false},
    {"Authorization: x", 200, "Cache-Control: public, max-age=60", true},
    {"Authorization: x", 200, "Cache-Control: must-revalidate, max-age=60", true},
    {"Authorization: x", 200, "Cache-Control: s-maxage=60", true},
    {"Authorization: x", 200, "Cache-Control: proxy-revalidate, max-age=60", false},
};

static void what_may_be_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof storing / sizeof storing[0]; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        if (stores(&arena, storing[i].request, storing[i].status, storing[i].response) != storing[i].stored)
            fail_msg("\"%s\", %u \"%s\": not %d", storing[i].request, storing[i].status, storing[i].response,
                     storing[i].stored);
        arena_clear(&arena);
    }
}

static void which_requests_are_looked_at(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    struct head head = request_of(&arena, METHOD_GET, "Range: bytes=0-1");
    assert_true(policy_looks_at(&head));
    head = request_of(&arena, METHOD_HEAD, "");
    assert_true(policy_looks_at(&head));
    head = request_of(&arena, METHOD_POST, "");
    assert_false(policy_looks_at(&head));
    head = request_of(&arena, METHOD_GET, "If-Match: \"a\"");
    assert_false(policy_looks_at(&head));
    head = request_of(&arena, METHOD_GET, "");
    head.body = BODY_LENGTH;
    assert_false(policy_looks_at(&head));
    head = request_of(&arena, METHOD_GET, "");
    head.upgrade = true;
    assert_false(policy_looks_at(&head));
    arena_clear(&arena);
}

static void unsafe_requests_invalidate_when_they_succeed(void **state)
{
    static const struct head post = {.method = METHOD_POST}, get = {.method = METHOD_GET},
                             odd = {.method = METHOD_OTHER};
    (void)state;
    assert_true(policy_invalidates(&post, 200) && policy_invalidates(&post, 303) &&
                policy_invalidates(&odd, 204));
    assert_false(policy_invalidates(&post, 404) || policy_invalidates(&post, 500) ||
                 policy_invalidates(&get, 200));
}

/* Whether a second request gets what a first has stored. */
static const struct variant {
    const char *vary, *first, *second;
    bool same;
} variants[] = {
    {"", "A: 1", "A: 2", true},
    {"Vary: A", "A: 1", "A: 1", true},
    {"Vary: a", "A: 1", "A: 1", true},
    {"Vary: A", "A: 1", "A: 2", false},
    {"Vary: A", "A: 1", "", false},
    {"Vary: A", "", "", true},
    {"Vary: A, B", "A: 1\nB: 2", "B: 2\nA: 1", true},
    {"Vary: A\nVary: B", "A: 1\nB: 2", "A: 1\nB: 3", false},
    {"Vary: A", "A: 1, 2", "A: 1\nA: 2", true},
    {"Vary: A", "A: 12", "A: 1\nA: 2", false},
    {"Vary: A, B", "A: 1\nB: ", "A: \nB: 1", false},
    {"Vary: *", "", "", false},
    {"Vary: A, *", "A: 1", "A: 1", false},
};

static void vary_tells_variants_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct fields stored = fields_of(&arena, variants[i].vary);
        struct fields first = fields_of(&arena, variants[i].first),
                      second = fields_of(&arena, variants[i].second);
        struct text one = policy_variant(&stored, &first, false, &arena),
                    two = policy_variant(&stored, &second, false, &arena);
        if ((one.at != NULL && two.at != NULL && text_equal(one, two)) != variants[i].same)
            fail_msg("%s: \"%.*s\" and \"%.*s\"", variants[i].vary, TEXT_ARGS(one), TEXT_ARGS(two));
        arena_clear(&arena);
    }
}

#define MODIFIED "Last-Modified: Sun, 06 Nov 1994 08:00:00 GMT"

static const struct conditional {
    const char *request, *stored;
    bool has_it;
} conditionals[] = {
    {"", "ETag: \"a\"", false},
    {"If-None-Match: \"a\"", "ETag: \"a\"", true},
    {"If-None-Match: W/\"a\"", "ETag: \"a\"", true},
    {"If-None-Match: \"a\"", "ETag: W/\"a\"", true},
    {"If-None-Match: \"b\", \"a\"", "ETag: \"a\"", true},
    {"If-None-Match: \"b\"\nIf-None-Match: \"a\"", "ETag: \"a\"", true},
    {"If-None-Match: \"a,b\"", "ETag: \"a,b\"", true},
    {"If-None-Match: \"a,b\"", "ETag: \"b\"", false},
    {"If-None-Match: a", "ETag: \"a\"", false},
    {"If-None-Match: *", "", true},
    {"If-None-Match: \"a\"", "", false},
    {"If-None-Match: \"b\"\nIf-Modified-Since: Sun, 06 Nov 1994 09:00:00 GMT", "ETag: \"a\"\n" MODIFIED,
     false},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", MODIFIED, true},
    {"If-Modified-Since: Sun, 06 Nov 1994 07:59:59 GMT", MODIFIED, false},
    {"If-Modified-Since: yesterday", MODIFIED, false},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", "Date: Sun, 06 Nov 1994 08:00:00 GMT", true},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:00:00 GMT", "Date: Sun, 06 Nov 1994 08:00:01 GMT", false},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "", true},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", "", false},
};

static void a_client_that_has_it_is_told_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conditionals / sizeof conditionals[0]; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct fields request = fields_of(&arena, conditionals[i].request);
        struct fields stored = fields_of(&arena, conditionals[i].stored);
        if (policy_client_has_it(&request, &stored, NOW) != conditionals[i].has_it)
            fail_msg("%s, stored %s: not %d", conditionals[i].request, conditionals[i].stored,
                     conditionals[i].has_it);
        arena_clear(&arena);
    }
}

/* Each name brings what the request has in it: a short list of long values would be gigabytes. */
static void what_vary_may_ask_for_is_bounded(void **state)
{
    static char vary[6 + 2 * 65], lines[2 * 9000];
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t names = 63; names <= 65; names++) {
        strcpy(vary, "Vary: ");
        for (size_t i = 0; i < names; i++)
            strcat(vary, i == 0 ? "a" : ",a");
        struct fields stored = fields_of(&arena, vary), request = fields_of(&arena, "A: 1");
        assert_true((policy_variant(&stored, &request, false, &arena).at != NULL) == (names <= 64));
    }
    memset(lines, 'x', 8500);
    memcpy(lines, "A: ", 3);
    struct fields once = fields_of(&arena, "Vary: a"), twice = fields_of(&arena, "Vary: a, a"),
                  request = fields_of(&arena, lines);
    assert_non_null(policy_variant(&once, &request, false, &arena).at);
    assert_null(policy_variant(&twice, &request, false, &arena).at);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_stored),
        cmocka_unit_test(which_requests_are_looked_at),
        cmocka_unit_test(unsafe_requests_invalidate_when_they_succeed),
        cmocka_unit_test(vary_tells_variants_apart),
        cmocka_unit_test(what_vary_may_ask_for_is_bounded),
        cmocka_unit_test(a_client_that_has_it_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
