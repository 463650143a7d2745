/* SPDX-License-Identifier: Apache-2.0 */
/* What a keyring says in the log: what was renewed, what ends. Nothing outside tls/ includes this. */
#ifndef TLS_KEYRING_LOG_H
#define TLS_KEYRING_LOG_H

#include "tls/credentials.h"
#include "tls/keyring_key.h"

void keyring_log_failed(const struct keyring_key *key, const char *why);

/* The credentials came in the place of those before. */
void keyring_log_renewed(const struct keyring_key *key, const struct tls_credentials *credentials,
                         const struct tls_credentials *before);

/* Each certificate and staple that has ended, and each certificate that came near its end, later than from and not later
 * than now (s since the epoch). */
void keyring_log_ends(const struct keyring_key *key, const struct tls_credentials *credentials, int64_t from,
                      int64_t now);

#endif
