/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "base/base64.h"

static void check_encoding(struct text plain, struct text encoded, size_t piece)
{
    struct base64_encoder encoder = {0};
    char out[64];
    size_t got = 0;
    while (plain.len > 0) {
        size_t len = plain.len < piece ? plain.len : piece;
        got += base64_encode(&encoder, text_sub(plain, 0, len), out + got);
        plain = text_sub(plain, len, plain.len - len);
    }
    got += base64_encode_end(&encoder, out + got);
    assert_true(text_equal((struct text){out, got}, encoded));
}

static void check_decoding(struct text encoded, struct text plain, size_t piece)
{
    struct base64_decoder decoder = {0};
    char out[64];
    size_t got = 0;
    while (encoded.len > 0) {
        size_t part;
        size_t len = encoded.len < piece ? encoded.len : piece;
        assert_true(base64_decode(&decoder, text_sub(encoded, 0, len), out + got, &part));
        assert_true(part <= len);
        got += part;
        encoded = text_sub(encoded, len, encoded.len - len);
    }
    assert_true(base64_decode_end(&decoder));
    assert_true(text_equal((struct text){out, got}, plain));
}

/* Both ways, in pieces of every size. */
static void check(const char *plain, const char *encoded)
{
    for (size_t piece = 1; piece < 9; piece++) {
        check_encoding(text_of(plain), text_of(encoded), piece);
        check_decoding(text_of(encoded), text_of(plain), piece);
    }
}

/* What text is decoded to; "!": refused, "?": cut. */
static void check_decoded(const char *text, const char *wanted)
{
    struct base64_decoder decoder = {0};
    char out[64];
    size_t len;
    bool good = base64_decode(&decoder, text_of(text), out, &len);
    struct text got = {out, len};
    if (!good || !base64_decode_end(&decoder))
        got = good ? TEXT("?") : TEXT("!");
    if (!text_equal(got, text_of(wanted)))
        fail_msg("%s: wanted %s, got %.*s", text, wanted, TEXT_ARGS(got));
}

static void the_vectors_of_rfc_4648_in_pieces_of_every_size(void **state)
{
    (void)state;
    check("", "");
    check("f", "Zg==");
    check("fo", "Zm8=");
    check("foo", "Zm9v");
    check("foob", "Zm9vYg==");
    check("fooba", "Zm9vYmE=");
    check("foobar", "Zm9vYmFy");
}

static void every_byte_goes_there_and_back(void **state)
{
    char bytes[256];
    char encoded[BASE64_LEN(sizeof bytes)];
    char back[sizeof encoded];
    struct base64_encoder encoder = {0};
    struct base64_decoder decoder = {0};
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    size_t written = base64_encode(&encoder, (struct text){bytes, sizeof bytes}, encoded);
    written += base64_encode_end(&encoder, encoded + written);
    assert_int_equal(written, sizeof encoded);
    assert_true(base64_decode(&decoder, (struct text){encoded, written}, back, &len));
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(bytes, back, len);
}

static void padding_may_come_in_the_middle(void **state)
{
    (void)state;
    check_decoded("Zg==Zm8=Zm9v", "ffofoo");
    check_decoded("Zg==Zg==", "ff");
}

static void line_ends_are_passed_over_and_other_whitespace_is_not(void **state)
{
    (void)state;
    check_decoded("Zm9v\r\nYmFy\n", "foobar");
    check_decoded("Z\nm\r9v", "foo");
    check_decoded("Zg=\r\n=", "f");
    check_decoded("Zm9v YmFy", "!");
    check_decoded("Zm9v\t", "!");
}

static void a_cut_text_has_not_ended(void **state)
{
    (void)state;
    check_decoded("Z", "?");
    check_decoded("Zg", "?");
    check_decoded("Zg=", "?");
    check_decoded("Zm8", "?");
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    check_decoded("=", "!");
    check_decoded("Z=", "!");
    check_decoded("Z===", "!");
    check_decoded("Zm9v=", "!");
    check_decoded("Zg=g", "!");
    check_decoded("Zg===", "!");
    check_decoded("Zh==", "!"); /* a bit behind the last byte */
    check_decoded("Zm9=", "!");
    check_decoded("Zm-_", "!");
    check_decoded("Zm9\x80", "!");
    check_decoded("****", "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_in_pieces_of_every_size),
        cmocka_unit_test(every_byte_goes_there_and_back),
        cmocka_unit_test(padding_may_come_in_the_middle),
        cmocka_unit_test(line_ends_are_passed_over_and_other_whitespace_is_not),
        cmocka_unit_test(a_cut_text_has_not_ended),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
