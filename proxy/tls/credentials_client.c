/* SPDX-License-Identifier: Apache-2.0 */
/* What weir shows and trusts towards an upstream. */
#include <openssl/err.h>
#include <stdlib.h>

#include "tls/loading.h"

static bool trust(struct loading *loading, const struct tls_client_settings *settings)
{
    SSL_CTX *context = loading->credentials->context;
    SSL_CTX_set_verify(context, settings->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (!settings->verify)
        return true;
    if (settings->ca.len > 0)
        return loading_authorities(loading, context, settings->ca);
    return SSL_CTX_set_default_verify_paths(context) == 1 ||
           credentials_complain(loading->why, "OpenSSL refuses the authorities of the system");
}

static bool show(struct loading *loading, const struct tls_client_settings *settings)
{
    const struct tls_credentials *credentials = loading->credentials;
    if (settings->pair.cert.len == 0)
        return true;
    if (!loading_pairs(loading, &settings->pair, 1))
        return false;
    return credentials_show(credentials->context, &credentials->pairs[0]) ||
           credentials_complain(loading->why, "OpenSSL refuses the certificate");
}

static bool prepare(struct tls_credentials *credentials, const struct tls_client_settings *settings)
{
    credentials->context = credentials_context(TLS_client_method());
    credentials->server_name =
        strndup(settings->server_name.at != NULL ? settings->server_name.at : "", settings->server_name.len);
    if (credentials->context == NULL || credentials->server_name == NULL)
        return false;
    SSL_CTX_set_session_cache_mode(credentials->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(credentials->context, tls_on_session);
    credentials->alpn_len = credentials_write_alpn(settings->alpn, credentials->alpn);
    /* 0 is success here, unlike everywhere else. */
    return SSL_CTX_set_alpn_protos(credentials->context, credentials->alpn, credentials->alpn_len) == 0;
}

static bool fill(struct loading *loading, const struct tls_client_settings *settings)
{
    if (!prepare(loading->credentials, settings))
        return credentials_complain(loading->why, "out of memory");
    return trust(loading, settings) && show(loading, settings);
}

struct tls_credentials *credentials_client(const struct tls_client_settings *settings,
                                           const struct tls_credentials *before, char *why)
{
    struct tls_credentials *credentials = credentials_new(why);
    struct loading loading = {"upstream", settings->name, before, credentials, why};
    if (credentials == NULL || fill(&loading, settings))
        return credentials;
    credentials_unref(credentials);
    return NULL;
}
