/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

#include "tls/pair.h"
#include "tls/validity.h"

/* Without it OpenSSL would ask on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *nothing)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)nothing;
    return -1;
}

static X509 *read_certificate(BIO *bio)
{
    return bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
}

static EVP_PKEY *read_key(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    BIO_free(bio);
    return key;
}

static enum certificate_state say(char *why, enum certificate_state state, const char *sentence)
{
    snprintf(why, CERTIFICATE_WHY_MAX, "%s", sentence);
    return state;
}

static enum certificate_state say_date(char *why, const char *sentence, int64_t when)
{
    char date[VALIDITY_DATE_MAX];
    snprintf(why, CERTIFICATE_WHY_MAX, "%s %s", sentence, validity_date(when, date));
    return CERTIFICATE_DATED;
}

static enum certificate_state check_dates(const X509 *certificate, char *why)
{
    int64_t from = validity_seconds(X509_get0_notBefore(certificate));
    int64_t until = validity_seconds(X509_get0_notAfter(certificate)), now = time(NULL);
    if (until < now)
        return say_date(why, "the certificate has expired, at", until);
    if (from > now)
        return say_date(why, "the certificate is not valid yet, but from", from);
    if (until - VALIDITY_SOON < now)
        return say_date(why, "the certificate ends soon, at", until);
    return CERTIFICATE_FINE;
}

/* Whether a certificate behind the first one is the key's. */
static bool is_misplaced(BIO *rest, EVP_PKEY *key)
{
    bool found = false;
    for (X509 *next; !found && (next = read_certificate(rest)) != NULL; X509_free(next))
        found = X509_check_private_key(next, key) == 1;
    return found;
}

/* rest: what stands behind the certificate. */
static enum certificate_state check_key(const X509 *certificate, BIO *rest, struct text pem, char *why)
{
    EVP_PKEY *key = read_key(pem);
    enum certificate_state state = CERTIFICATE_FINE;
    if (key == NULL)
        return say(why, CERTIFICATE_WRONG, "there is no private key in PEM form, without passphrase, in it");
    if (X509_check_private_key(certificate, key) != 1)
        state = say(why, CERTIFICATE_WRONG, is_misplaced(rest, key) ? PAIR_MISPLACED : PAIR_MISFIT);
    EVP_PKEY_free(key);
    return state;
}

enum certificate_state certificate_check(struct text cert, struct text key, char *why)
{
    BIO *bio = BIO_new_mem_buf(cert.at, (int)cert.len);
    X509 *certificate = read_certificate(bio);
    enum certificate_state state = say(why, CERTIFICATE_WRONG, "there is no certificate in PEM form in it");
    if (certificate != NULL)
        state = key.at == NULL ? check_dates(certificate, why) : check_key(certificate, bio, key, why);
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return state;
}
