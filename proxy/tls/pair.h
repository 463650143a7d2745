/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair is a certificate with its chain, its private key, and the names it is for, as they were in their files. Owned by
 * the credentials that were made of it.
 */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include <openssl/x509.h>

#include "tls/settings.h"
#include "tls/staple.h"

enum { TLS_WHY_MAX = 512 }; /* bytes of a sentence about what is wrong */

/* What is said of a key: nothing in the file of certificates is its own, or not the first one. Also for weir check. */
#define PAIR_MISFIT "the key doesn't belong to the certificate"
#define PAIR_MISPLACED PAIR_MISFIT " (the server's own certificate must come first in the file)"

struct pair {
    X509 *certificate;
    STACK_OF(X509) * chain; /* without the certificate itself; may be empty */
    EVP_PKEY *key;
    STACK_OF(OPENSSL_STRING) * names; /* DNS names, lower case, *.suffix too */
    int64_t ends;                     /* s since the epoch, when the certificate expires */
    struct staple staple;             /* of staple_load; pair_load leaves it empty */
};

/* False with a sentence in why[TLS_WHY_MAX], which names the file; the pair can be cleared all the same. */
bool pair_load(struct pair *pair, const struct tls_pair_settings *settings, char *why);

/* The same certificate, key and staple, shared where they can be. False when out of memory: to be cleared as well. */
bool pair_copy(struct pair *to, const struct pair *from);

void pair_clear(struct pair *pair);

/* A regular file of a sensible size, so that opening it never waits; NULL otherwise, with *wrong, a phrase that lasts until
 * the thread's next call of strerror. */
BIO *pem_open(const char *path, const char **wrong);

/* A short name of the key's algorithm: pairs of different ones can stand side by side for a name. */
int pair_algorithm(const struct pair *pair);

#endif
