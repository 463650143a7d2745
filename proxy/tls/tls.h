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

#include "net/link.h"
#include "tls/credentials.h"

/* How a handshake went; the label `result` of weir_tls_handshakes_total. */
#define TLS_OUTCOME_TABLE(F)                                            \
    F(full, "a full handshake")                                         \
    F(resumed, "with a ticket of an earlier session")                   \
    F(plain, "the client does not speak TLS")                           \
    F(protocol_version, "no version of TLS in common")                  \
    F(no_shared_cipher, "no cipher, group or signature in common")      \
    F(no_shared_alpn, "no application protocol in common")              \
    F(no_certificate, "the peer has to show a certificate and did not") \
    F(bad_certificate, "the peer's certificate can't be trusted")       \
    F(alert, "the peer refused with an alert")                          \
    F(timeout, "it took too long")                                      \
    F(closed, "the peer left")                                          \
    F(malformed, "what the peer sent is not TLS as it should be")

enum tls_outcome {
#define F(name, sentence) TLS_##name,
    TLS_OUTCOME_TABLE(F)
#undef F
        TLS_OUTCOME_COUNT
};

extern const char *const tls_outcome_names[TLS_OUTCOME_COUNT];

/* A server's link over an open raw link; takes a reference to the credentials. It hears what the raw link hears from now
 * on: the caller passes on what has come in already with link->user->input of the raw link. NULL when out of memory: the
 * raw link is the caller's still. */
struct link *tls_accept(struct link *raw, struct tls_credentials *credentials);

/* A client's link over a raw link that is open or not yet; it begins by itself. server_name (host name or address) is
 * what to ask for and to expect where the credentials don't say. */
struct link *tls_connect(struct link *raw, struct tls_credentials *credentials, struct text server_name);

/* The link below, or link itself when it isn't one of TLS. */
struct link *tls_raw(struct link *link);

/* What was agreed on: "h2", "http/1.1", or empty; also for other links. */
struct text tls_protocol(const struct link *link);

/* NULL for other links. Owned by the link. */
SSL *tls_ssl(const struct link *link);

/* Once it is OPEN or BROKEN. */
enum tls_outcome tls_outcome(const struct link *link);

#endif
