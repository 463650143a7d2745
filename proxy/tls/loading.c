/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/loading.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

static void tell_kept(struct loading *loading, const char *what)
{
    loading->credentials->kept++;
    log_write(LOG_ERROR, "%s %.*s: %s; %s in force", loading->role, TEXT_ARGS(loading->name), loading->why,
              what);
}

static bool load_pair(struct loading *loading, size_t at, const struct tls_pair_settings *settings)
{
    struct pair *pair = &loading->credentials->pairs[at];
    if (pair_load(pair, settings, loading->why))
        return true;
    pair_clear(pair);
    if (loading->before == NULL)
        return false;
    tell_kept(loading, "the certificate loaded before stays");
    return pair_copy(pair, &loading->before->pairs[at]) ||
           credentials_complain(loading->why, "out of memory");
}

/* Without one the certificate is shown all the same. At first whoever reads the config tells of it, with its place. */
static void keep_staple(const struct loading *loading, size_t at, struct staple *staple)
{
    const struct pair *pair = &loading->credentials->pairs[at], *earlier = &loading->before->pairs[at];
    if (X509_cmp(pair->certificate, earlier->certificate) == 0 && staple_is_good(&earlier->staple))
        (void)staple_copy(staple, &earlier->staple);
    log_write(LOG_WARN, "%s %.*s: %s%s", loading->role, TEXT_ARGS(loading->name), loading->why,
              staple->der != NULL ? "; the response loaded before stays in force" : "");
}

static void load_staple(struct loading *loading, size_t at, struct text path)
{
    struct pair *pair = &loading->credentials->pairs[at];
    if (path.len == 0)
        return;
    staple_clear(&pair->staple); /* of a pair that was kept */
    const char *wrong = staple_load(&pair->staple, path.at, pair->certificate);
    if (wrong == NULL || loading->before == NULL)
        return;
    loading->credentials->kept++;
    snprintf(loading->why, TLS_WHY_MAX, "%.*s: not stapled: %s", TEXT_ARGS(path), wrong);
    keep_staple(loading, at, &pair->staple);
}

bool loading_pairs(struct loading *loading, const struct tls_pair_settings *pairs, size_t count)
{
    struct tls_credentials *credentials = loading->credentials;
    credentials->pairs = calloc(count, sizeof *credentials->pairs);
    if (credentials->pairs == NULL)
        return credentials_complain(loading->why, "out of memory");
    for (size_t i = 0; i < count; i++) {
        credentials->pair_count++;
        if (!load_pair(loading, i, &pairs[i]))
            return false;
        load_staple(loading, i, pairs[i].ocsp);
    }
    return true;
}

bool loading_share(SSL_CTX *to, SSL_CTX *from)
{
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(from);
    STACK_OF(X509_NAME) *copy = names != NULL ? SSL_dup_CA_list(names) : NULL;
    SSL_CTX_set1_cert_store(to, SSL_CTX_get_cert_store(from));
    if (names != NULL && copy == NULL)
        return false;
    SSL_CTX_set_client_CA_list(to, copy);
    return true;
}

/* For clients that have several certificates; only a server sends it. */
static bool name_authorities(SSL_CTX *context, const char *path)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    SSL_CTX_set_client_CA_list(context, names);
    return names != NULL;
}

static bool read_authorities(SSL_CTX *context, struct text path, char *why)
{
    const char *wrong;
    BIO *file = pem_open(path.at, &wrong);
    BIO_free(file);
    if (file == NULL) {
        snprintf(why, TLS_WHY_MAX, "%.*s: the file can't be read: %s", TEXT_ARGS(path), wrong);
        return false;
    }
    if (SSL_CTX_load_verify_file(context, path.at) == 1 && name_authorities(context, path.at))
        return true;
    ERR_clear_error();
    snprintf(why, TLS_WHY_MAX, "%.*s: there is no certificate in PEM form in it, or one of them is damaged",
             TEXT_ARGS(path));
    return false;
}

bool loading_authorities(struct loading *loading, SSL_CTX *context, struct text path)
{
    if (read_authorities(context, path, loading->why))
        return true;
    if (loading->before == NULL)
        return false;
    tell_kept(loading, "the authorities loaded before stay");
    return loading_share(context, loading->before->context) ||
           credentials_complain(loading->why, "out of memory");
}
