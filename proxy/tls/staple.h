/* SPDX-License-Identifier: Apache-2.0 */
/* A staple is an OCSP response (RFC 6960) that says of one certificate that it is good, sent with the certificate (RFC 6066
 * section 8). Owned by the pair of that certificate. */
#ifndef TLS_STAPLE_H
#define TLS_STAPLE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

struct staple {
    unsigned char *der; /* NULL: none */
    int len;
    int64_t until; /* s since the epoch, when it is out of date; 0: it doesn't say */
};

/* NULL, or a phrase for why the file can't be stapled to this certificate. The staple is empty or filled. Reads a file. */
const char *staple_load(struct staple *staple, const char *path, const X509 *certificate);

/* False when out of memory. */
bool staple_copy(struct staple *to, const struct staple *from);

void staple_clear(struct staple *staple);

/* There is one, and it isn't out of date. */
bool staple_is_good(const struct staple *staple);

#endif
