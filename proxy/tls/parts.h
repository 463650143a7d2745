/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a TLS link share; nothing outside tls/ includes this. */
#ifndef TLS_PARTS_H
#define TLS_PARTS_H

#include "tls/tls.h"

enum tls_phase {
    TLS_RAW,       /* client: the raw link isn't open yet */
    TLS_EARLY,     /* server: early data may come (RFC 8446 section 2.3) */
    TLS_HANDSHAKE, /* what comes in belongs to the handshake */
    TLS_OPEN,      /* application data both ways */
    TLS_DEAD       /* nothing goes any more */
};

struct tls {
    struct link link; /* first: what its user has */
    struct link *raw;
    SSL *ssl;
    struct tls_credentials *credentials; /* a reference */
    struct tls_resume *resume;           /* client: a reference, or NULL */
    enum tls_phase phase;
    enum tls_outcome outcome;
    struct slice feed; /* what OpenSSL may read now; borrowed */
    bool server;
    bool eof;               /* the peer's close_notify has come */
    bool wants_certificate; /* client: the server's alert is about our certificate */
};

static inline struct tls *tls_of(struct link *link)
{
    return (struct tls *)(void *)link;
}

/* bio.c: OpenSSL reads from tls->feed and writes into raw->out. */
BIO *tls_bio_new(struct tls *tls);

/* outcome.c: what the error that OpenSSL has noted says of the peer; clears it. Then why the link breaks. */
enum tls_outcome tls_hear_error(struct tls *tls);
const struct fault *tls_fault_of(const struct tls *tls);

/* open.c: what comes in */
void tls_opening(struct tls *tls); /* goes on with the handshake, as far as feed lasts */
void tls_read(struct tls *tls);    /* gives what feed holds to the user */
void tls_die(struct tls *tls, enum tls_outcome outcome);

/* seal.c: what goes out */
void tls_flush(struct link *link);
void tls_say_goodbye(struct tls *tls); /* close_notify, once */

#endif
