/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair is a certificate with its chain, its private key, and the names it is for, as they were in their files. Owned by
 * the credentials that were made of it.
 */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include <openssl/x509.h>

#include "tls/settings.h"

enum { TLS_WHY_MAX = 512 }; /* bytes of a sentence about what is wrong */

struct pair {
    X509 *certificate;
    STACK_OF(X509) * chain; /* without the certificate itself; may be empty */
    EVP_PKEY *key;
    STACK_OF(OPENSSL_STRING) * names; /* DNS names, lower case, *.suffix too */
    unsigned char *staple;            /* DER; NULL: none */
    int staple_len;
    int64_t staple_until; /* s since the epoch, when it is out of date; 0: it doesn't say */
};

/* False with a sentence in why[TLS_WHY_MAX]. An OCSP response that can't be used is left out and said in the log. */
bool pair_load(struct pair *pair, const struct tls_pair_settings *settings, char *why);

void pair_clear(struct pair *pair);

/* A regular file of a sensible size, so that opening it never waits; NULL otherwise. */
BIO *pem_open(const char *path);

/* A short name of the key's algorithm: pairs of different ones can stand side by side for a name. */
int pair_algorithm(const struct pair *pair);

#endif
