/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading reads the parts of credentials: pairs, staples, authorities. What can't be read is taken from the credentials
 * that were in force so far, and said in the log, so that one broken file stops nothing else from being renewed. Nothing
 * outside tls/ includes this.
 */
#ifndef TLS_LOADING_H
#define TLS_LOADING_H

#include "tls/credentials.h"

struct loading {
    const char *role; /* "listener" or "upstream" */
    struct text name;
    const struct tls_credentials
        *before; /* made of the same settings; NULL: there are none, so every part must be good */
    struct tls_credentials *credentials; /* in the making */
    char *why;                           /* TLS_WHY_MAX */
};

/* Fills credentials->pairs. False with a sentence in why. */
bool loading_pairs(struct loading *loading, const struct tls_pair_settings *pairs, size_t count);

/* The authorities of that file are trusted, and named to clients. False with a sentence in why. */
bool loading_authorities(struct loading *loading, SSL_CTX *context, struct text path);

/* Those of another context are. False when out of memory. */
bool loading_share(SSL_CTX *to, SSL_CTX *from);

#endif
