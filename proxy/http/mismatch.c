/* SPDX-License-Identifier: Apache-2.0 */
#include "http/mismatch.h"

/* An alert or a handshake, of any version since SSL 3 (RFC 8446 section 5.1). */
static bool is_tls(struct text first)
{
    enum { ALERT = 0x15, HANDSHAKE = 0x16, MAJOR = 3 };
    return first.len >= 3 && (first.at[0] == ALERT || first.at[0] == HANDSHAKE) && first.at[1] == MAJOR;
}

/* The head of a SETTINGS frame of usual length: no flags, stream 0 (RFC 9113 sections 3.4, 4.1). */
static bool is_settings(struct text first)
{
    static const char length[] = {0, 0}, rest[] = {4, 0, 0, 0, 0, 0};
    return first.len >= 9 && memcmp(first.at, length, sizeof length) == 0 &&
           memcmp(first.at + 3, rest, sizeof rest) == 0;
}

enum mismatch mismatch_of(struct text first)
{
    if (text_starts(first, TEXT("HTTP/1.")))
        return MISMATCH_HTTP1;
    if (is_settings(first))
        return MISMATCH_HTTP2;
    return is_tls(first) ? MISMATCH_TLS : MISMATCH_NONE;
}
