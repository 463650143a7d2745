/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(const unsigned char *group, char *out)
{
    out[0] = digits[group[0] >> 2];
    out[1] = digits[(group[0] & 3) << 4 | group[1] >> 4];
    out[2] = digits[(group[1] & 15) << 2 | group[2] >> 6];
    out[3] = digits[group[2] & 63];
}

size_t base64_encode(struct base64_encoder *encoder, struct text bytes, char *out)
{
    size_t at = 0;
    size_t written = 0;
    while (encoder->count > 0 && at < bytes.len) {
        encoder->held[encoder->count++] = (unsigned char)bytes.at[at++];
        if (encoder->count < 3)
            continue;
        encode_group(encoder->held, out);
        encoder->count = 0;
        written = 4;
    }
    for (; bytes.len - at >= 3; at += 3, written += 4)
        encode_group((const unsigned char *)bytes.at + at, out + written);
    while (at < bytes.len)
        encoder->held[encoder->count++] = (unsigned char)bytes.at[at++];
    return written;
}

size_t base64_encode_end(struct base64_encoder *encoder, char *out)
{
    unsigned count = encoder->count;
    if (count == 0)
        return 0;
    for (unsigned i = count; i < 3; i++)
        encoder->held[i] = 0;
    encode_group(encoder->held, out);
    out[3] = '=';
    if (count == 1)
        out[2] = '=';
    encoder->count = 0;
    return 4;
}

/* -1 when it is none. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static bool decode_padding(struct base64_decoder *decoder)
{
    if (decoder->at < 2 || decoder->bits != 0)
        return false;
    decoder->padded = decoder->at == 2;
    decoder->at = (decoder->at + 1) & 3;
    return true;
}

/* A byte goes out with each digit of a group but its first, so the bytes never outgrow the characters. */
static bool decode_digit(struct base64_decoder *decoder, char c, char *out, size_t *len)
{
    int value = digit_value(c);
    if (value < 0 || decoder->padded)
        return false;
    unsigned left = 6 - 2u * decoder->at; /* bits that stay */
    unsigned bits = (unsigned)decoder->bits << 6 | (unsigned)value;
    if (decoder->at > 0)
        out[(*len)++] = (char)(bits >> left);
    decoder->bits = (uint8_t)(bits & ((1u << left) - 1));
    decoder->at = (decoder->at + 1) & 3;
    return true;
}

bool base64_decode(struct base64_decoder *decoder, struct text text, char *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\r' || c == '\n')
            continue;
        if (c == '=' ? !decode_padding(decoder) : !decode_digit(decoder, c, out, len))
            return false;
    }
    return true;
}
