/* SPDX-License-Identifier: Apache-2.0 */
/* What a listener shows: which certificates for which name, and whom it trusts. */
#include <openssl/err.h>
#include <openssl/sha.h>

#include "tls/bundle.h"
#include "tls/loading.h"
#include "tls/sni.h"
#include "tls/tickets.h"

static int on_server_name(SSL *ssl, int *alert, void *owner)
{
    const struct tls_credentials *credentials = owner;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    const struct bundle *bundle = sni_find(&credentials->names, text_of(name));
    if (bundle != NULL)
        SSL_set_SSL_CTX(ssl, bundle->context);
    return SSL_TLSEXT_ERR_OK; /* an unknown name gets the default */
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *owner)
{
    const struct tls_credentials *credentials = owner;
    (void)ssl;
    int found = SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, credentials->alpn,
                                      credentials->alpn_len, in, in_len);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_status(SSL *ssl, void *owner)
{
    const struct tls_credentials *credentials = owner;
    const X509 *shown = SSL_get_certificate(ssl);
    for (size_t i = 0; i < credentials->pair_count; i++) {
        const struct pair *pair = &credentials->pairs[i];
        if (pair->certificate != shown || !staple_is_good(&pair->staple))
            continue;
        unsigned char *copy = OPENSSL_memdup(pair->staple.der, (size_t)pair->staple.len);
        if (copy == NULL || SSL_set_tlsext_status_ocsp_resp(ssl, copy, pair->staple.len) != 1)
            return SSL_TLSEXT_ERR_NOACK;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/* A server's credentials in the making. */
struct making {
    struct loading loading;
    const struct tls_server_settings *settings;
    struct map made; /* bundles that own their context, by their pairs */
};

/* The authorities are read once, for the first context. */
static bool trust_clients(struct making *making, SSL_CTX *context)
{
    const struct tls_server_settings *settings = making->settings;
    SSL_CTX *first = making->loading.credentials->bundles[0].context;
    if (settings->auth == TLS_AUTH_NONE)
        return true;
    int mode = SSL_VERIFY_PEER;
    if (settings->auth == TLS_AUTH_REQUIRE)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    return first != NULL ? loading_share(context, first)
                         : loading_authorities(&making->loading, context, settings->client_ca);
}

static bool add_authorities(EVP_MD_CTX *digest, X509_STORE *store)
{
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        const X509 *authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        unsigned char print[SHA256_DIGEST_LENGTH];
        if (authority != NULL && (X509_digest(authority, EVP_sha256(), print, NULL) != 1 ||
                                  EVP_DigestUpdate(digest, print, sizeof print) != 1))
            return false;
    }
    return true;
}

/* A session is not resumed at another listener, nor under other demands on clients: who was trusted once need not be so
 * now. */
static bool set_session_scope(SSL_CTX *context, const struct tls_server_settings *settings)
{
    unsigned char scope[EVP_MAX_MD_SIZE], auth = (unsigned char)settings->auth;
    unsigned len = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool fine = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(digest, &auth, 1) == 1 &&
                add_authorities(digest, SSL_CTX_get_cert_store(context)) &&
                EVP_DigestUpdate(digest, settings->name.at, settings->name.len) == 1 &&
                EVP_DigestFinal_ex(digest, scope, &len) == 1;
    EVP_MD_CTX_free(digest);
    return fine && SSL_CTX_set_session_id_context(context, scope, len) == 1;
}

static void set_tickets(SSL_CTX *context, const struct tls_server_settings *settings)
{
    if (settings->tickets) {
        tickets_use(context);
        SSL_CTX_set_num_tickets(context, 1);
    } else {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
    }
    if (!settings->early_data)
        return;
    SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY); /* only safe methods are served early */
    SSL_CTX_set_max_early_data(context, SSL3_RT_MAX_PLAIN_LENGTH);
}

static bool show_bundle(SSL_CTX *context, const struct bundle *bundle)
{
    for (int slot = 0; slot < KEY_ALGORITHMS; slot++)
        if (bundle->pairs[slot] != NULL && !credentials_show(context, bundle->pairs[slot]))
            return false;
    return true;
}

static SSL_CTX *make_context(struct making *making, const struct bundle *bundle)
{
    struct tls_credentials *credentials = making->loading.credentials;
    SSL_CTX *context = credentials_context(TLS_server_method());
    if (context == NULL)
        return NULL;
    if (making->settings->only_13)
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    set_tickets(context, making->settings);
    SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(context, credentials);
    SSL_CTX_set_tlsext_status_cb(context, on_status);
    SSL_CTX_set_tlsext_status_arg(context, credentials);
    if (credentials->alpn_len > 0)
        SSL_CTX_set_alpn_select_cb(context, on_alpn, credentials);
    if (show_bundle(context, bundle) && trust_clients(making, context) &&
        set_session_scope(context, making->settings))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* Bundles of the same pairs share one. */
static bool give_context(struct making *making, struct bundle *bundle)
{
    const struct text pairs = {(const char *)bundle->pairs, sizeof bundle->pairs};
    const struct bundle *earlier = map_find(&making->made, pairs);
    if (earlier != NULL) {
        bundle->context = earlier->context;
        return true;
    }
    bundle->context = make_context(making, bundle);
    bundle->owns = bundle->context != NULL;
    return bundle->owns && map_insert(&making->made, pairs, bundle, NULL);
}

/* OpenSSL has been asked about each pair already, so what is left is a lack of memory, mostly. */
static bool give_contexts(struct making *making)
{
    const struct tls_credentials *credentials = making->loading.credentials;
    bool fine = true;
    map_init(&making->made);
    making->loading.why[0] = '\0';
    for (size_t i = 0; fine && i < credentials->bundle_count; i++)
        fine = give_context(making, &credentials->bundles[i]);
    map_clear(&making->made);
    if (!fine && making->loading.why[0] == '\0')
        credentials_complain(making->loading.why, "OpenSSL refuses the certificates or the authorities");
    return fine;
}

static bool fill(struct making *making)
{
    const struct tls_server_settings *settings = making->settings;
    struct tls_credentials *credentials = making->loading.credentials;
    if (!loading_pairs(&making->loading, settings->pairs, settings->pair_count))
        return false;
    if (!bundles_fill(credentials))
        return credentials_complain(making->loading.why, "out of memory");
    credentials->alpn_len = credentials_write_alpn(settings->alpn, credentials->alpn);
    if (!give_contexts(making))
        return false;
    credentials->context = credentials->bundles[0].context;
    credentials->early_data = settings->early_data;
    return true;
}

struct tls_credentials *credentials_server(const struct tls_server_settings *settings,
                                           const struct tls_credentials *before, char *why)
{
    struct tls_credentials *credentials = credentials_new(why);
    struct making making = {{"listener", settings->name, before, credentials, why}, settings, {0}};
    if (credentials == NULL || fill(&making))
        return credentials;
    credentials_unref(credentials);
    return NULL;
}
