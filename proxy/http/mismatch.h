/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps a client's session and its peer from understanding each other, as far as that can be known: for the operator,
 * who has a key to change. It changes nothing of what happens to requests; those get a fault as ever.
 */
#ifndef HTTP_MISMATCH_H
#define HTTP_MISMATCH_H

#include "base/text.h"

enum mismatch {
    MISMATCH_NONE,
    MISMATCH_HTTP1,      /* it answers in HTTP/1 */
    MISMATCH_HTTP2,      /* it begins with a SETTINGS frame */
    MISMATCH_TLS,        /* it sends a record of TLS */
    MISMATCH_SILENT,     /* it closed where HTTP/2 begins with its SETTINGS */
    MISMATCH_CERTIFICATE /* it wants a certificate that it did not get */
};

/* What the first bytes of a peer look like: NONE, HTTP1, HTTP2 or TLS. */
enum mismatch mismatch_of(struct text first);

#endif
