/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/credentials.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/panic.h"

/* Mozilla's intermediate choice for TLS 1.2 (version 5.7), without finite fields; 1.3 has OpenSSL's three. */
#define CIPHERS                                                                                                 \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-" \
    "GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

/* The first where OpenSSL has it (3.5 and later): safe from quantum computers to come. */
#define GROUPS_HYBRID "X25519MLKEM768:X25519:P-256:P-384"
#define GROUPS "X25519:P-256:P-384"

bool credentials_complain(char *why, const char *what)
{
    unsigned long error = ERR_get_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;
    snprintf(why, TLS_WHY_MAX, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
    ERR_clear_error();
    return false;
}

static bool set_groups(SSL_CTX *context)
{
    bool fine = SSL_CTX_set1_groups_list(context, GROUPS_HYBRID) == 1 ||
                SSL_CTX_set1_groups_list(context, GROUPS) == 1;
    ERR_clear_error();
    return fine;
}

SSL_CTX *credentials_context(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_cipher_list(context, CIPHERS) == 1 && set_groups(context))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

unsigned credentials_write_alpn(const enum tls_alpn alpn[2], unsigned char *out)
{
    static const struct text names[] = {
        [TLS_ALPN_NONE] = {"", 0}, [TLS_ALPN_H1] = {"\x08http/1.1", 9}, [TLS_ALPN_H2] = {"\x02h2", 3}};
    unsigned len = 0;
    for (int i = 0; i < 2; i++) {
        memcpy(out + len, names[alpn[i]].at, names[alpn[i]].len);
        len += (unsigned)names[alpn[i]].len;
    }
    return len;
}

bool credentials_show(SSL_CTX *context, const struct pair *pair)
{
    return SSL_CTX_use_cert_and_key(context, pair->certificate, pair->key, pair->chain, 1) == 1;
}

struct tls_credentials *credentials_new(char *why)
{
    struct tls_credentials *credentials = calloc(1, sizeof *credentials);
    if (credentials == NULL) {
        credentials_complain(why, "out of memory");
        return NULL;
    }
    credentials->magic = CREDENTIALS_MAGIC;
    credentials->refs = 1;
    map_init(&credentials->names);
    return credentials;
}

void credentials_ref(struct tls_credentials *credentials)
{
    CHECK(credentials, CREDENTIALS_MAGIC);
    /* Relaxed: whoever has a reference to copy has seen the object already. */
    atomic_fetch_add_explicit(&credentials->refs, 1, memory_order_relaxed);
}

static void free_all(struct tls_credentials *credentials)
{
    for (size_t i = 0; i < credentials->bundle_count; i++)
        if (credentials->bundles[i].owns)
            SSL_CTX_free(credentials->bundles[i].context);
    if (credentials->bundles == NULL)
        SSL_CTX_free(credentials->context);
    for (size_t i = 0; i < credentials->pair_count; i++)
        pair_clear(&credentials->pairs[i]);
    map_clear(&credentials->names);
    free(credentials->bundles);
    free(credentials->pairs);
    free(credentials->server_name);
    credentials->magic = 0;
    free(credentials);
}

void credentials_unref(struct tls_credentials *credentials)
{
    if (credentials == NULL)
        return;
    CHECK(credentials, CREDENTIALS_MAGIC);
    /* Release what this thread did, acquire what the others did, before it is freed. */
    if (atomic_fetch_sub_explicit(&credentials->refs, 1, memory_order_acq_rel) == 1)
        free_all(credentials);
}
