/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648 section 4) of bytes that come in pieces. Padding may come in the middle, as when several encoded
 * texts follow each other, which OpenSSL's decoder takes for the end: that is why this is here. A coder is a small
 * struct that begins zeroed and whose owner embeds it.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/text.h"

struct base64_encoder {
    unsigned char held[3]; /* bytes of a group that isn't whole yet */
    uint8_t count;         /* of them, 0 to 2 */
};

struct base64_decoder {
    uint8_t bits; /* of the last digit, not yet given out */
    uint8_t at;   /* characters of the group that came, 0 to 3 */
    bool padded;  /* the group has got padding */
};

/* Characters that len bytes become when padding ends them. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Encodes whole groups and holds the rest; answers the characters written. out has room for BASE64_LEN(count + bytes.len)
 * of them, not overlapping bytes. */
size_t base64_encode(struct base64_encoder *encoder, struct text bytes, char *out);

/* Ends a text: what is held, with padding. Answers 0 or 4, written to out. The encoder can be used again. */
size_t base64_encode_end(struct base64_encoder *encoder, char *out);

/* Decodes text and sets *len to the bytes written to out: as many as text has at most. CR and LF are passed over. False on
 * any other character, on misplaced padding and on bits set behind the last byte; the decoder is of no use then. */
bool base64_decode(struct base64_decoder *decoder, struct text text, char *out, size_t *len);

/* True when the text may end here. */
static inline bool base64_decode_end(const struct base64_decoder *decoder)
{
    return decoder->at == 0;
}

#endif
