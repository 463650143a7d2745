/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS link (RFC 8446, RFC 5246) is a link over another one, its raw link, which it owns: what its user writes leaves
 * sealed, what comes in is opened. It is marked LINK_OPEN when the handshake is over (or when early data has come), and
 * LINK_BROKEN when that fails; its user limits the time. The peer's close_notify is LINK_EOF; an end without one breaks
 * the link, so that a cut answer never looks whole.
 *
 * Same thread as its loop. Copies: what comes in is copied once into OpenSSL and once out of it; what goes out once into
 * OpenSSL's record, encrypted there, and once from there into the raw link's chunk; records of a turn leave in one write.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include "base/outcomes.h"
#include "net/link.h"
#include "tls/credentials.h"
#include "tls/resume.h"

/* A server's link over an open raw link; takes a reference to the credentials. It hears what the raw link hears from now
 * on: the caller passes on what has come in already with link->user->input of the raw link. NULL when out of memory: the
 * raw link is the caller's still. */
struct link *tls_accept(struct link *raw, struct tls_credentials *credentials);

/* Whom a client wants to reach. */
struct tls_server {
    struct text name; /* host name or address: to ask for and to expect where the credentials don't say */
    struct tls_resume *resume; /* a reference is taken; NULL: sessions aren't resumed */
};

/* A client's link over a raw link that is open or not yet; it begins by itself. */
struct link *tls_connect(struct link *raw, struct tls_credentials *credentials,
                         const struct tls_server *server);

/* The link below, or link itself when it isn't one of TLS. */
struct link *tls_raw(struct link *link);

/* What was agreed on: "h2", "http/1.1", or empty; also for other links. */
struct text tls_protocol(const struct link *link);

/* NULL for other links. Owned by the link. */
SSL *tls_ssl(const struct link *link);

/* Once it is OPEN or BROKEN. */
enum tls_outcome tls_outcome(const struct link *link);

/* Why the peer's certificate was refused, in OpenSSL's words; NULL: it was not. */
const char *tls_distrust(const struct link *link);

#endif
