/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/resume.h"

#include <stdlib.h>

struct tls_resume {
    unsigned refs;
    const struct tls_credentials *credentials; /* only compared */
    SSL_SESSION *session;                      /* NULL: none yet */
};

struct tls_resume *resume_new(void)
{
    struct tls_resume *resume = calloc(1, sizeof *resume);
    if (resume != NULL)
        resume->refs = 1;
    return resume;
}

struct tls_resume *resume_ref(struct tls_resume *resume)
{
    resume->refs++;
    return resume;
}

void resume_unref(struct tls_resume *resume)
{
    if (resume == NULL || --resume->refs > 0)
        return;
    SSL_SESSION_free(resume->session);
    free(resume);
}

void resume_keep(struct tls_resume *resume, const struct tls_credentials *credentials, SSL_SESSION *session)
{
    SSL_SESSION_free(resume->session);
    resume->session = session;
    resume->credentials = credentials;
}

void resume_offer(const struct tls_resume *resume, const struct tls_credentials *credentials, SSL *ssl)
{
    if (resume->session != NULL && resume->credentials == credentials)
        SSL_set_session(ssl, resume->session);
}
