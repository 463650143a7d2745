/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/mismatch.h"

static void a_peer_is_known_by_its_first_bytes(void **state)
{
    (void)state;
    assert_int_equal(mismatch_of(TEXT("HTTP/1.0 400 Bad Request\r\n")), MISMATCH_HTTP1);
    assert_int_equal(mismatch_of(TEXT("\0\0\x12\4\0\0\0\0\0\0\3")), MISMATCH_HTTP2);
    assert_int_equal(mismatch_of(TEXT("\0\0\0\4\0\0\0\0\0")), MISMATCH_HTTP2);
    assert_int_equal(mismatch_of(TEXT("\x15\3\1\0\2\2\x46")), MISMATCH_TLS);
    assert_int_equal(mismatch_of(TEXT("\x16\3\3")), MISMATCH_TLS);
}

static void anything_else_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(mismatch_of(TEXT("")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("HTTP/2.0 200")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("220 mail.test ESMTP")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("\0\0\x12\4\0\0\0\0")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("\0\0\x12\4\1\0\0\0\0")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("\x15\3")), MISMATCH_NONE);
    assert_int_equal(mismatch_of(TEXT("\x15\2\1\0")), MISMATCH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_is_known_by_its_first_bytes),
        cmocka_unit_test(anything_else_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
