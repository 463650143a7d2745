/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate authority for tests: writes PEM files of keys and certificates into a folder of its own. */
#ifndef SUPPORT_AUTHORITY_H
#define SUPPORT_AUTHORITY_H

#include <openssl/x509.h>

struct authority {
    char folder[64];
    EVP_PKEY *key;
    X509 *certificate;
    long serial;
    long seconds; /* that certificates are good for; may be changed */
};

/* Aborts the test when something fails. Writes ca.pem. */
void authority_init(struct authority *authority);

/* Writes its certificate once more, under that name. */
void authority_trust(const struct authority *authority, const char *file);

/* Removes the folder too. */
void authority_clear(struct authority *authority);

/* Writes NAME.pem and NAME.key; names as in OpenSSL's subjectAltName ("DNS:a.test,IP:127.0.0.1"); an EC key, or RSA. */
void authority_issue(struct authority *authority, const char *name, const char *names, int rsa);

/* The path of a file in the folder; good until the next call but seven. */
const char *authority_path(const struct authority *authority, const char *file);

#endif
