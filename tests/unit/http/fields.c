/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/fields.h"

static bool is_token_byte(unsigned char byte)
{
    char c = (char)byte;
    return text_is_token((struct text){&c, 1});
}

static void a_token_is_made_of_these_bytes_and_no_others(void **state)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        assert_int_equal(is_token_byte((unsigned char)c),
                         letter || digit || (c != 0 && strchr(others, c) != NULL));
    }
}

static void a_token_has_a_byte_and_none_that_is_wrong(void **state)
{
    (void)state;
    assert_false(text_is_token(TEXT("")));
    assert_true(text_is_token(TEXT("x-request-id")));
    assert_false(text_is_token(TEXT("x-request-id:")));
    assert_false(text_is_token(TEXT("x request")));
}

static void each_known_name_is_found_in_any_case(void **state)
{
    (void)state;
#define F(id, name) assert_int_equal(field_id_of(TEXT(name)), FIELD_##id);
    FIELD_TABLE(F)
#undef F
    assert_int_equal(field_id_of(TEXT("TRANSFER-Encoding")), FIELD_TRANSFER_ENCODING);
    assert_int_equal(field_id_of(TEXT("TraceParent")), FIELD_TRACEPARENT);
    assert_int_equal(field_id_of(TEXT("x-forwarded-foo")), FIELD_OTHER);
    assert_int_equal(field_id_of(TEXT("x\rforwarded-for")), FIELD_OTHER);
    assert_int_equal(field_id_of(TEXT("")), FIELD_OTHER);
}

static void reserved_room_is_not_taken_again(void **state)
{
    struct arena arena;
    struct fields fields = {0};
    (void)state;
    arena_init(&arena, 0);
    assert_true(fields_reserve(&fields, &arena, 20));
    const struct field *at = fields.at;
    for (int i = 0; i < 20; i++)
        assert_true(fields_add(&fields, &arena, TEXT("a"), TEXT("b")));
    assert_ptr_equal(fields.at, at);
    assert_true(fields_add(&fields, &arena, TEXT("last"), TEXT("b")));
    assert_int_equal(fields.count, 21);
    assert_true(text_equal(fields.at[0].name, TEXT("a")) && text_equal(fields.at[20].name, TEXT("last")));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_made_of_these_bytes_and_no_others),
        cmocka_unit_test(a_token_has_a_byte_and_none_that_is_wrong),
        cmocka_unit_test(each_known_name_is_found_in_any_case),
        cmocka_unit_test(reserved_room_is_not_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
