/* SPDX-License-Identifier: Apache-2.0 */
/* Who a client has proved to be, by the certificate that it showed in its TLS handshake and that the listener's client_ca
 * has signed. Texts of our own; control characters in them come out escaped. */
#ifndef EXCHANGE_PEER_H
#define EXCHANGE_PEER_H

#include <openssl/ssl.h>

#include "exchange/exchange.h"

struct peer_identity {
    struct text subject;     /* RFC 4514 */
    struct text names;       /* subjectAltName: DNS:a.test,URI:spiffe://b/c, ... */
    struct text fingerprint; /* SHA-256 of the certificate, 64 hexadecimal digits */
};

/* Writes into the caller what the handshake has told. False when out of memory. */
bool peer_note(struct caller *caller, SSL *ssl);

void peer_forget(struct caller *caller);

#endif
