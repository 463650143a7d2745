/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/upgrade.h"

static struct arena arena;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static void add(struct head *head, const char *name, const char *value)
{
    assert_true(fields_add(&head->fields, &arena, text_of(name), text_of(value)));
}

static struct head asks(const char *protocol)
{
    struct head head = {.upgrade = true};
    add(&head, "Upgrade", protocol);
    add(&head, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return head;
}

static struct head switches(const char *connection, const char *protocol)
{
    struct head head = {.status = 101};
    add(&head, "Connection", connection);
    add(&head, "Upgrade", protocol);
    return head;
}

static bool fine(const struct head *asked, const struct head *answer)
{
    const struct fault *fault = upgrade_check(asked, answer, &arena);
    assert_true(fault == NULL || fault == FAULT(upgrade_failed));
    return fault == NULL;
}

static void accept_is_that_of_the_rfc(void **state)
{
    (void)state;
    struct text accept = upgrade_websocket_accept(TEXT("dGhlIHNhbXBsZSBub25jZQ=="), &arena);
    assert_true(text_equal(accept, TEXT("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
}

static void keys_are_16_bytes_and_never_the_same(void **state)
{
    (void)state;
    struct text one = upgrade_websocket_key(&arena), other = upgrade_websocket_key(&arena);
    assert_int_equal(one.len, 24);
    assert_true(text_ends(one, TEXT("==")));
    assert_false(text_equal(one, other));
}

static void protocols_are_compared_in_any_case(void **state)
{
    (void)state;
    struct head asked = asks("websocket"), answer = switches("keep-alive, UPGRADE", "WebSocket");
    assert_true(fine(&asked, &answer));
}

static void one_of_several_that_were_asked_for_is_fine(void **state)
{
    (void)state;
    struct head asked = asks("foo/2, websocket"), answer = switches("upgrade", "websocket");
    assert_true(fine(&asked, &answer));
}

static void what_was_not_asked_for_is_refused(void **state)
{
    (void)state;
    struct head asked = asks("websocket");
    struct head other = switches("upgrade", "h2c"), more = switches("upgrade", "websocket, h2c");
    struct head silent = switches("keep-alive", "websocket");
    struct head framed = switches("upgrade", "websocket");
    add(&framed, "Content-Length", "0");
    assert_false(fine(&asked, &other));
    assert_false(fine(&asked, &more));
    assert_false(fine(&asked, &silent));
    assert_false(fine(&asked, &framed));
    struct head answer = switches("upgrade", "websocket");
    asked.upgrade = false;
    assert_false(fine(&asked, &answer));
}

static void the_accept_is_checked_where_the_key_is_ours(void **state)
{
    (void)state;
    struct head asked = asks("websocket"), wrong = switches("upgrade", "websocket");
    struct head right = switches("upgrade", "websocket"), none = switches("upgrade", "websocket");
    add(&wrong, "Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    add(&right, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_true(fine(&asked, &wrong));
    asked.connect = true;
    assert_false(fine(&asked, &wrong));
    assert_false(fine(&asked, &none));
    assert_true(fine(&asked, &right));
    add(&right, "Sec-WebSocket-Accept", "x");
    assert_false(fine(&asked, &right));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accept_is_that_of_the_rfc, begin, end),
        cmocka_unit_test_setup_teardown(keys_are_16_bytes_and_never_the_same, begin, end),
        cmocka_unit_test_setup_teardown(protocols_are_compared_in_any_case, begin, end),
        cmocka_unit_test_setup_teardown(one_of_several_that_were_asked_for_is_fine, begin, end),
        cmocka_unit_test_setup_teardown(what_was_not_asked_for_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_accept_is_checked_where_the_key_is_ours, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
