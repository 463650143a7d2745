/* SPDX-License-Identifier: Apache-2.0 */
/* What weir shows and trusts towards an upstream. */
#include <openssl/err.h>
#include <stdlib.h>

#include "tls/credentials.h"

static bool trust(SSL_CTX *context, const struct tls_client_settings *settings)
{
    SSL_CTX_set_verify(context, settings->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (!settings->verify)
        return true;
    if (settings->ca.len > 0)
        return credentials_trust(context, settings->ca.at);
    return SSL_CTX_set_default_verify_paths(context) == 1;
}

static bool show(struct tls_credentials *credentials, const struct tls_client_settings *settings, char *why)
{
    struct pair pair;
    if (settings->pair.cert.len == 0)
        return true;
    bool fine = pair_load(&pair, &settings->pair, why);
    if (fine && !credentials_show(credentials->context, &pair))
        fine = credentials_complain(why, "OpenSSL refuses the certificate");
    pair_clear(&pair);
    return fine;
}

static bool fill(struct tls_credentials *credentials, const struct tls_client_settings *settings, char *why)
{
    credentials->context = credentials_context(TLS_client_method());
    credentials->server_name =
        strndup(settings->server_name.at != NULL ? settings->server_name.at : "", settings->server_name.len);
    if (credentials->context == NULL || credentials->server_name == NULL)
        return credentials_complain(why, "out of memory");
    SSL_CTX_set_session_cache_mode(credentials->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(credentials->context, tls_on_session);
    if (!trust(credentials->context, settings))
        return credentials_complain(why, "OpenSSL refuses the authorities");
    credentials->alpn_len = credentials_write_alpn(settings->alpn, credentials->alpn);
    /* 0 is success here, unlike everywhere else. */
    if (SSL_CTX_set_alpn_protos(credentials->context, credentials->alpn, credentials->alpn_len) != 0)
        return credentials_complain(why, "out of memory");
    return show(credentials, settings, why);
}

struct tls_credentials *credentials_client(const struct tls_client_settings *settings, char *why)
{
    struct tls_credentials *credentials = credentials_new(why);
    if (credentials == NULL || fill(credentials, settings, why))
        return credentials;
    credentials_unref(credentials);
    return NULL;
}
