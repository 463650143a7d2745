/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/grpc.h"

static bool is_grpc(const char *type)
{
    struct arena arena;
    struct head head = {.method = METHOD_POST};
    arena_init(&arena, 0);
    assert_true(fields_add(&head.fields, &arena, TEXT("Content-Type"), text_of(type)));
    bool is = grpc_is(&head);
    arena_clear(&arena);
    return is;
}

static void check_timeout(const char *value, int64_t wanted)
{
    uint64_t ms = 0;
    int64_t got = grpc_timeout_read(text_of(value), &ms) ? (int64_t)ms : -1;
    if (got != wanted)
        fail_msg("%s: wanted %lld ms, got %lld", value, (long long)wanted, (long long)got);
}

static void check_message(const char *message, const char *wanted)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct text got = grpc_message_encode(text_of(message), &arena);
    if (got.at == NULL || !text_equal(got, text_of(wanted)))
        fail_msg("%s: wanted %s, got %.*s", message, wanted, TEXT_ARGS(got));
    arena_clear(&arena);
}

static void grpc_is_known_by_its_content_type(void **state)
{
    (void)state;
    assert_true(is_grpc("application/grpc"));
    assert_true(is_grpc("application/grpc+proto"));
    assert_true(is_grpc("Application/GRPC+json; charset=utf-8"));
    assert_true(is_grpc("application/grpc ;x"));
}

static void other_content_types_are_not_grpc(void **state)
{
    (void)state;
    assert_false(is_grpc("application/grpc-web"));
    assert_false(is_grpc("application/grpc-web+proto"));
    assert_false(is_grpc("application/grpc-web-text"));
    assert_false(is_grpc("application/grpcx"));
    assert_false(is_grpc("application/grpc+"));
    assert_false(is_grpc("application/grpc+a b"));
    assert_false(is_grpc("application/grp"));
    assert_false(is_grpc("text/plain; application/grpc"));
    assert_false(is_grpc(""));
    assert_false(grpc_is(&(struct head){0}));
}

static void timeouts_of_every_unit_are_rounded_up_to_ms(void **state)
{
    (void)state;
    check_timeout("1H", 3600000);
    check_timeout("2M", 120000);
    check_timeout("3S", 3000);
    check_timeout("4m", 4);
    check_timeout("1u", 1);
    check_timeout("1000u", 1);
    check_timeout("1001u", 2);
    check_timeout("1n", 1);
    check_timeout("1000000n", 1);
    check_timeout("1000001n", 2);
    check_timeout("0n", 0);
    check_timeout("00000001S", 1000);
}

static void the_longest_timeouts_fit(void **state)
{
    (void)state;
    check_timeout("99999999H", 359999996400000);
    check_timeout("99999999M", 5999999940000);
    check_timeout("99999999S", 99999999000);
    check_timeout("99999999u", 100000);
    check_timeout("99999999n", 100);
}

static void malformed_timeouts_are_refused(void **state)
{
    static const char *const values[] = {"",   "S",  "1",   "10",  "100000000S", "-1S", "+1S", "1.5S",
                                         "1s", "1h", "1 S", " 1S", "1SS",        "1mS", "0x1S"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_timeout(values[i], -1);
}

static void a_status_of_http_has_a_status_of_grpc(void **state)
{
    (void)state;
    assert_int_equal(grpc_status_of_http(400), 13);
    assert_int_equal(grpc_status_of_http(401), 16);
    assert_int_equal(grpc_status_of_http(403), 7);
    assert_int_equal(grpc_status_of_http(404), 12);
    assert_int_equal(grpc_status_of_http(413), 8);
    assert_int_equal(grpc_status_of_http(429), 14);
    assert_int_equal(grpc_status_of_http(431), 8);
    assert_int_equal(grpc_status_of_http(499), 1);
    assert_int_equal(grpc_status_of_http(502), 14);
    assert_int_equal(grpc_status_of_http(503), 14);
    assert_int_equal(grpc_status_of_http(504), 4);
    assert_int_equal(grpc_status_of_http(200), 2);
    assert_int_equal(grpc_status_of_http(408), 4);
    assert_int_equal(grpc_status_of_http(414), 8);
    assert_int_equal(grpc_status_of_http(500), 13);
    assert_int_equal(grpc_status_of_http(501), 12);
    assert_int_equal(grpc_status_of_http(0), 2);
}

static void messages_are_percent_encoded(void **state)
{
    (void)state;
    check_message("", "");
    check_message("No backend is available.", "No backend is available.");
    check_message("100%", "100%25");
    check_message("a\r\nb\x7f", "a%0D%0Ab%7F");
    check_message("\xc3\xa9~", "%C3%A9~");
    check_message(" a b ", "%20a b%20");
    check_message(" ", "%20");
}

static void a_message_needs_memory(void **state)
{
    struct arena arena;
    char bytes[2000] = "";
    (void)state;
    arena_init(&arena, 1024);
    assert_null(grpc_message_encode((struct text){bytes, sizeof bytes}, &arena).at);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grpc_is_known_by_its_content_type),
        cmocka_unit_test(other_content_types_are_not_grpc),
        cmocka_unit_test(timeouts_of_every_unit_are_rounded_up_to_ms),
        cmocka_unit_test(the_longest_timeouts_fit),
        cmocka_unit_test(malformed_timeouts_are_refused),
        cmocka_unit_test(a_status_of_http_has_a_status_of_grpc),
        cmocka_unit_test(messages_are_percent_encoded),
        cmocka_unit_test(a_message_needs_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
