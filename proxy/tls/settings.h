/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about TLS, of a listener and of an upstream. Plain data; paths are NUL-terminated, and texts live as
 * long as whoever holds the settings; a keyring keeps a copy of its own. */
#ifndef TLS_SETTINGS_H
#define TLS_SETTINGS_H

#include <stdbool.h>

#include "base/text.h"

enum { TLS_PAIRS_MAX = 1000 };

/* Paths of PEM files; empty: none. */
struct tls_pair_settings {
    struct text cert;
    struct text key;
    struct text ocsp;    /* DER of an OCSP response (RFC 6960) to staple */
    struct text written; /* cert as the config has it, for metrics */
};

enum tls_client_auth { TLS_AUTH_NONE, TLS_AUTH_REQUEST, TLS_AUTH_REQUIRE };

enum tls_alpn { TLS_ALPN_NONE, TLS_ALPN_H1, TLS_ALPN_H2 };

struct tls_server_settings {
    struct text name; /* of the listener: a session is resumed where it began */
    struct tls_pair_settings *pairs;
    size_t pair_count;         /* 1 to TLS_PAIRS_MAX; the first is the default */
    bool only_13;              /* TLS 1.3 and nothing older; else 1.2 too */
    enum tls_alpn alpn[2];     /* the preferred first */
    struct text client_ca;     /* path; empty: clients are not asked */
    enum tls_client_auth auth; /* NONE when there is no client_ca */
    bool tickets;
    bool early_data;
};

struct tls_client_settings {
    struct text name; /* of the upstream */
    bool verify;
    struct text ca;          /* path; empty: the system's */
    struct text server_name; /* empty: the one the connection is made with */
    struct tls_pair_settings pair;
    enum tls_alpn alpn[2]; /* what is offered */
};

#endif
