/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <cmocka.h>

#include "http/grpc_health.h"

static void check(struct text body, enum grpc_health wanted)
{
    char *exact = malloc(body.len + 1); /* so that the sanitizer sees a step beyond */
    assert_non_null(exact);
    memcpy(exact + 1, body.at, body.len);
    assert_int_equal(grpc_health_read((struct text){exact + 1, body.len}), wanted);
    free(exact);
}

static void a_request_names_its_service(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    assert_true(text_equal(grpc_health_request(TEXT("a.B"), &arena), TEXT("\0\0\0\0\5\x0a\3a.B")));
    assert_true(text_equal(grpc_health_request(TEXT(""), &arena), TEXT("\0\0\0\0\0")));
    arena_clear(&arena);
}

static void long_names_have_long_lengths_and_a_limit(void **state)
{
    struct arena arena;
    char name[GRPC_HEALTH_SERVICE_MAX + 1];
    (void)state;
    arena_init(&arena, 0);
    memset(name, 'a', sizeof name);
    struct text got = grpc_health_request((struct text){name, 1024}, &arena);
    assert_int_equal(got.len, 5 + 3 + 1024);
    assert_memory_equal(got.at, "\0\0\0\4\3\x0a\x80\x08", 8);
    assert_null(grpc_health_request((struct text){name, 1025}, &arena).at);
    arena_clear(&arena);
}

static void an_answer_says_serving_or_not(void **state)
{
    (void)state;
    check(TEXT("\0\0\0\0\2\x08\1"), GRPC_HEALTH_SERVING);
    check(TEXT("\0\0\0\0\2\x08\2"), GRPC_HEALTH_DOWN);
    check(TEXT("\0\0\0\0\2\x08\3"), GRPC_HEALTH_DOWN);
    check(TEXT("\0\0\0\0\0"), GRPC_HEALTH_DOWN); /* 0, UNKNOWN, is left out */
    check(TEXT("\0\0\0\0\3\x08\x81\0"), GRPC_HEALTH_SERVING);
    check(TEXT("\0\0\0\0\4\x08\1\x08\2"), GRPC_HEALTH_DOWN);
    check(TEXT("\0\0\0\0\4\x08\2\x08\1"), GRPC_HEALTH_SERVING);
}

static void every_part_of_an_answer_waits_for_the_rest(void **state)
{
    struct text whole = TEXT("\0\0\0\0\2\x08\1");
    (void)state;
    for (size_t len = 0; len < whole.len; len++)
        check(text_sub(whole, 0, len), GRPC_HEALTH_PART);
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    check(TEXT("\0\0\0\0\4\x10\7\x08\1"), GRPC_HEALTH_SERVING);                   /* varint */
    check(TEXT("\0\0\0\0\x0b\x11\1\2\3\4\5\6\7\x08\x08\1"), GRPC_HEALTH_SERVING); /* fixed64 */
    check(TEXT("\0\0\0\0\6\x12\2hi\x08\1"), GRPC_HEALTH_SERVING);                 /* length */
    check(TEXT("\0\0\0\0\7\x15\1\2\3\4\x08\1"), GRPC_HEALTH_SERVING);             /* fixed32 */
    check(TEXT("\0\0\0\0\5\x0a\1\1\x08\1"), GRPC_HEALTH_SERVING);                 /* status of another type */
}

static void malformed_answers_are_broken(void **state)
{
    (void)state;
    check(TEXT("\0\0\0\0\2\x08\1\x10\1"), GRPC_HEALTH_BROKEN);                   /* more behind it */
    check(TEXT("\0\0\0\0\x08\x90\x80\x80\x80\x10\1\x08\1"), GRPC_HEALTH_BROKEN); /* a key beyond 32 bits */
    check(TEXT("\1"), GRPC_HEALTH_BROKEN);                                       /* compressed */
    check(TEXT("\0\0\0\0\2\x08\1\0"), GRPC_HEALTH_BROKEN);                       /* a second message */
    check(TEXT("\0\xff\xff\xff\xff"), GRPC_HEALTH_BROKEN);                       /* too long */
    check(TEXT("\0\0\0\3\xfc"), GRPC_HEALTH_BROKEN);                             /* by one */
    check(TEXT("\0\0\0\3\xfb"), GRPC_HEALTH_PART);
    check(TEXT("\0\0\0\0\1\x08"), GRPC_HEALTH_BROKEN);     /* key without value */
    check(TEXT("\0\0\0\0\2\x08\x81"), GRPC_HEALTH_BROKEN); /* cut varint */
    check(TEXT("\0\0\0\0\2\0\1"), GRPC_HEALTH_BROKEN);     /* field 0 */
    check(TEXT("\0\0\0\0\3\x12\2a"), GRPC_HEALTH_BROKEN);  /* length beyond the end */
    check(TEXT("\0\0\0\0\3\x15\1\2"), GRPC_HEALTH_BROKEN);
    check(TEXT("\0\0\0\0\2\x13\x14"), GRPC_HEALTH_BROKEN); /* a group */
    check(TEXT("\0\0\0\0\2\x0e\0"), GRPC_HEALTH_BROKEN);   /* type 6 */
    check(TEXT("\0\0\0\0\x0b\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"),
          GRPC_HEALTH_BROKEN); /* the longest length */
    check(TEXT("\0\0\0\0\x0c\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"),
          GRPC_HEALTH_BROKEN); /* eleven bytes */
    check(TEXT("\0\0\0\0\x0b\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\0"), GRPC_HEALTH_SERVING); /* ten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_names_its_service),
        cmocka_unit_test(long_names_have_long_lengths_and_a_limit),
        cmocka_unit_test(an_answer_says_serving_or_not),
        cmocka_unit_test(every_part_of_an_answer_waits_for_the_rest),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(malformed_answers_are_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
