/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials are what one end of TLS connections shows and trusts: certificates, keys, authorities, protocol choices,
 * made of files at one moment. Immutable, counted references, any thread. A keyring (tls/keyring.h) makes new ones when
 * the files change; connections keep those they began with.
 */
#ifndef TLS_CREDENTIALS_H
#define TLS_CREDENTIALS_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "base/map.h"
#include "tls/pair.h"

enum { KEY_ALGORITHMS = 3 }; /* that can stand side by side: RSA, ECDSA, EdDSA */

/* Pairs for the same names, one of each algorithm. */
struct bundle {
    const struct pair *pairs[KEY_ALGORITHMS]; /* NULL: none */
    SSL_CTX *context;                         /* owned by the first bundle that has it */
    bool owns;
};

struct tls_credentials {
    uint32_t magic;
    atomic_uint refs;
    SSL_CTX *context; /* what connections begin with */
    bool early_data;
    unsigned kept; /* parts whose files could not be used, so that they are those of the credentials before */
    struct pair *pairs; /* one for each of the settings; a client's has at most one */
    size_t pair_count;
    /* server */
    struct bundle *bundles; /* the default, then one for each name */
    size_t bundle_count;
    struct map names; /* bundles */
    /* client */
    char *server_name;      /* to ask for and to expect; empty: the caller's */
    unsigned char alpn[16]; /* as on the wire */
    unsigned alpn_len;
};

#define CREDENTIALS_MAGIC 0x63726564u

/* One reference, the caller's; NULL with a sentence in why[TLS_WHY_MAX]. before: made of the same settings earlier, for
 * parts whose files can't be used now, which is logged; NULL: every part must be good. May read many files: control
 * thread. */
struct tls_credentials *credentials_server(const struct tls_server_settings *settings,
                                           const struct tls_credentials *before, char *why);
struct tls_credentials *credentials_client(const struct tls_client_settings *settings,
                                           const struct tls_credentials *before, char *why);

/* For both kinds: an empty one. */
struct tls_credentials *credentials_new(char *why);

void credentials_ref(struct tls_credentials *credentials);
void credentials_unref(struct tls_credentials *credentials);

/* For both kinds: a context with what weir holds for safe, or NULL. */
SSL_CTX *credentials_context(const SSL_METHOD *method);

/* The first of OpenSSL's errors as a sentence. False, for the caller to pass on. */
bool credentials_complain(char *why, const char *what);

/* As on the wire; the bytes. */
unsigned credentials_write_alpn(const enum tls_alpn alpn[2], unsigned char *out);

/* link.c: what contexts of clients call with a new session; its owner keeps it, or not. */
int tls_on_session(SSL *ssl, SSL_SESSION *session);

/* Puts a pair in use for a context. */
bool credentials_show(SSL_CTX *context, const struct pair *pair);

#endif
