/* SPDX-License-Identifier: Apache-2.0 */
/* SRV answers as bytes, good ones and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/srv.h"

enum { TYPE_CNAME = 5, TYPE_SRV = 33, CLASS_IN = 1, CLASS_CHAOS = 3 };

struct message {
    unsigned char bytes[8192];
    size_t len;
};

static struct srv_answer answer;

static void put(struct message *message, const char *bytes, size_t len)
{
    assert_true(message->len + len <= sizeof message->bytes);
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

static void put_number(struct message *message, uint32_t number, int bytes)
{
    while (bytes-- > 0) {
        char byte = (char)(number >> (8 * bytes));
        put(message, &byte, 1);
    }
}

#define PUT(message, literal) put(message, literal, sizeof(literal) - 1)

/* A header and the question _s._tcp.t, whose name stands at 12. */
static struct message begin(unsigned records)
{
    struct message message = {.len = 0};
    PUT(&message, "\x12\x34\x81\x80\0\1");
    put_number(&message, records, 2);
    PUT(&message, "\0\0\0\0\2_s\4_tcp\1t\0\0\x21\0\1");
    return message;
}

static void put_head(struct message *message, unsigned type, uint32_t ttl, size_t len)
{
    PUT(message, "\xc0\x0c");
    put_number(message, type, 2);
    put_number(message, CLASS_IN, 2);
    put_number(message, ttl, 4);
    put_number(message, (uint32_t)len, 2);
}

/* Priority 10, weight 5 and the port, then the bytes of the target's name. */
static void put_srv(struct message *message, uint32_t ttl, uint16_t port, const char *target, size_t len)
{
    put_head(message, TYPE_SRV, ttl, 6 + len);
    put_number(message, 10, 2);
    put_number(message, 5, 2);
    put_number(message, port, 2);
    put(message, target, len);
}

#define PUT_SRV(message, ttl, port, target) put_srv(message, ttl, port, target, sizeof(target) - 1)

static bool read_it(const struct message *message)
{
    memset(&answer, 0xa5, sizeof answer);
    return srv_read(message->bytes, message->len, &answer);
}

static void records_are_read_with_their_smallest_ttl(void **state)
{
    struct message message = begin(2);
    (void)state;
    PUT_SRV(&message, 300, 8080, "\1a\xc0\x14");
    PUT_SRV(&message, 20, 8081, "\1b\1t\0");
    assert_true(read_it(&message));
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.ttl, 20);
    assert_int_equal(answer.targets[0].priority, 10);
    assert_int_equal(answer.targets[0].weight, 5);
    assert_int_equal(answer.targets[0].port, 8080);
    assert_string_equal(answer.targets[1].name, "b.t");
    assert_int_equal(answer.targets[1].port, 8081);
}

static void an_alias_that_led_there_has_a_say_in_the_ttl(void **state)
{
    struct message message = begin(2);
    (void)state;
    put_head(&message, TYPE_CNAME, 7, 2);
    PUT(&message, "\xc0\x14");
    PUT_SRV(&message, 300, 80, "\1a\0");
    assert_true(read_it(&message));
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.ttl, 7);
}

static void a_ttl_with_the_highest_bit_is_zero(void **state)
{
    struct message message = begin(1);
    (void)state;
    PUT_SRV(&message, 0x80000001u, 80, "\1a\0");
    assert_true(read_it(&message));
    assert_int_equal(answer.ttl, 0);
}

static void a_service_that_is_said_not_to_be_there_is_left_out(void **state)
{
    struct message message = begin(2);
    (void)state;
    PUT_SRV(&message, 60, 80, "\0");
    PUT_SRV(&message, 60, 0, "\1a\0");
    assert_true(read_it(&message));
    assert_int_equal(answer.count, 0);
}

static void records_of_other_classes_are_left_out(void **state)
{
    struct message message = begin(1);
    (void)state;
    size_t record = message.len;
    PUT_SRV(&message, 60, 80, "\1a\0");
    message.bytes[record + 5] = CLASS_CHAOS;
    assert_true(read_it(&message));
    assert_int_equal(answer.count, 0);
}

static void more_targets_than_the_limit_are_left_out(void **state)
{
    struct message message = begin(SRV_TARGETS_MAX + 20);
    (void)state;
    for (unsigned i = 0; i < SRV_TARGETS_MAX + 20; i++)
        PUT_SRV(&message, 60, (uint16_t)(i + 1), "\1a\0");
    assert_true(read_it(&message));
    assert_int_equal(answer.count, SRV_TARGETS_MAX);
}

static void names_that_point_in_circles_are_refused(void **state)
{
    struct message message = begin(1);
    char self[2];
    (void)state;
    size_t at = message.len + 12 + 6;
    self[0] = (char)(0xc0 | at >> 8);
    self[1] = (char)at;
    put_srv(&message, 60, 80, self, 2);
    assert_false(read_it(&message));
}

static void names_that_point_outside_are_refused(void **state)
{
    struct message message = begin(1);
    (void)state;
    PUT_SRV(&message, 60, 80, "\xff\xff");
    assert_false(read_it(&message));
}

static void records_too_short_for_srv_are_refused(void **state)
{
    struct message message = begin(1);
    (void)state;
    put_head(&message, TYPE_SRV, 60, 6);
    PUT(&message, "\0\1\0\1\0\1");
    assert_false(read_it(&message));
}

static void a_name_that_ends_beyond_or_before_its_record_is_refused(void **state)
{
    struct message message = begin(1), shorter = begin(1);
    (void)state;
    put_head(&message, TYPE_SRV, 60, 8);
    PUT(&message, "\0\1\0\1\0\1\1a\0");
    assert_false(read_it(&message));
    PUT_SRV(&shorter, 60, 80, "\1a\0more");
    assert_false(read_it(&shorter));
}

static void more_records_promised_than_there_are_is_refused(void **state)
{
    struct message message = begin(9);
    (void)state;
    PUT_SRV(&message, 60, 80, "\1a\0");
    assert_false(read_it(&message));
}

static void every_cut_of_a_message_is_refused(void **state)
{
    struct message message = begin(2);
    (void)state;
    PUT_SRV(&message, 300, 8080, "\1a\xc0\x14");
    PUT_SRV(&message, 20, 8081, "\1b\1t\0");
    assert_true(read_it(&message));
    for (size_t len = 0; len < message.len; len++)
        assert_false(srv_read(message.bytes, len, &answer));
    assert_false(srv_read(message.bytes, 70000, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_with_their_smallest_ttl),
        cmocka_unit_test(an_alias_that_led_there_has_a_say_in_the_ttl),
        cmocka_unit_test(a_ttl_with_the_highest_bit_is_zero),
        cmocka_unit_test(a_service_that_is_said_not_to_be_there_is_left_out),
        cmocka_unit_test(records_of_other_classes_are_left_out),
        cmocka_unit_test(more_targets_than_the_limit_are_left_out),
        cmocka_unit_test(names_that_point_in_circles_are_refused),
        cmocka_unit_test(names_that_point_outside_are_refused),
        cmocka_unit_test(records_too_short_for_srv_are_refused),
        cmocka_unit_test(a_name_that_ends_beyond_or_before_its_record_is_refused),
        cmocka_unit_test(more_records_promised_than_there_are_is_refused),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
