/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client keeps of its last session with a server, to resume it on the next connection (RFC 8446 section 2.2). It
 * belongs to one loop; whoever opens connections holds a reference, and each connection one. A session is only resumed
 * with the credentials that it was made with, so that what is trusted is what they trust.
 */
#ifndef TLS_RESUME_H
#define TLS_RESUME_H

#include "tls/credentials.h"

struct tls_resume;

/* One reference, the caller's; NULL when out of memory. */
struct tls_resume *resume_new(void);
struct tls_resume *resume_ref(struct tls_resume *resume);

/* NULL is fine. */
void resume_unref(struct tls_resume *resume);

/* Takes over the caller's reference to the session, which goes in place of an older one. */
void resume_keep(struct tls_resume *resume, const struct tls_credentials *credentials, SSL_SESSION *session);

/* Lets ssl begin with the session that is kept, if there is one. */
void resume_offer(const struct tls_resume *resume, const struct tls_credentials *credentials, SSL *ssl);

#endif
