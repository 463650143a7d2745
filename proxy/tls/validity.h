/* SPDX-License-Identifier: Apache-2.0 */
/* How long certificates and OCSP responses are good, in s since the epoch, and how that is said. */
#ifndef TLS_VALIDITY_H
#define TLS_VALIDITY_H

#include <openssl/asn1.h>
#include <stdint.h>

enum { VALIDITY_DATE_MAX = 32 };

/* Certificates that end so soon (s) are told of. */
enum { VALIDITY_SOON = 7 * 24 * 3600 };

/* 0: there is none, or it can't be read. */
int64_t validity_seconds(const ASN1_TIME *time);

/* "2026-12-06 10:15:00 UTC"; returns out. */
const char *validity_date(int64_t seconds, char out[VALIDITY_DATE_MAX]);

#endif
