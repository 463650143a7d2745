/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of session tickets (RFC 5077, RFC 8446 section 4.6.1), one set for the whole process, so that a session is
 * resumed in any worker and after any reload. They rotate: tickets are made with the newest, and older ones are still
 * taken until they are a day old.
 */
#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

#include <openssl/ssl.h>

enum {
    TICKET_ROTATE_S = 8 * 3600,   /* a key makes tickets for so long */
    TICKET_LIFETIME_S = 24 * 3600 /* and they are taken for so long */
};

/* Tickets of this SSL_CTX are made and taken with these keys. */
void tickets_use(SSL_CTX *context);

/* For tests: as if so much time had gone by. */
void tickets_age(uint64_t seconds);

#endif
