/* SPDX-License-Identifier: Apache-2.0 */
/* A short hash of much content: the first bytes of its SHA-256. Small pieces are gathered, as each update costs. */
#ifndef CONF_FINGERPRINT_H
#define CONF_FINGERPRINT_H

#include <openssl/types.h>

#include "base/text.h"

enum { FINGERPRINT_LEN = 16 }; /* hexadecimal digits */

struct fingerprint {
    EVP_MD_CTX *digest;
    bool failed;
    size_t len;
    char pending[4096];
};

/* False when out of memory. Ended in any case by fingerprint_end. */
bool fingerprint_begin(struct fingerprint *fingerprint);
void fingerprint_add(struct fingerprint *fingerprint, const void *bytes, size_t len);

/* Lower-case digits and a NUL; false when something failed on the way. */
bool fingerprint_end(struct fingerprint *fingerprint, char written[FINGERPRINT_LEN + 1]);

#endif
