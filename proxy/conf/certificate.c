/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* Without it OpenSSL would ask on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *nothing)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)nothing;
    return -1;
}

static X509 *read_certificate(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *read_key(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    BIO_free(bio);
    return key;
}

static enum certificate_state check_dates(const X509 *certificate, const char **sentence)
{
    *sentence = NULL;
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        *sentence = "the certificate has expired";
    else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        *sentence = "the certificate is not valid yet";
    return *sentence == NULL ? CERTIFICATE_FINE : CERTIFICATE_EXPIRED;
}

static enum certificate_state check_key(const X509 *certificate, struct text pem, const char **sentence)
{
    EVP_PKEY *key = read_key(pem);
    *sentence = "there is no private key in PEM form, without passphrase, in it";
    if (key == NULL)
        return CERTIFICATE_WRONG;
    int fits = X509_check_private_key(certificate, key);
    EVP_PKEY_free(key);
    *sentence = "the key doesn't belong to the certificate";
    return fits == 1 ? check_dates(certificate, sentence) : CERTIFICATE_WRONG;
}

enum certificate_state certificate_check(struct text cert, struct text key, const char **sentence)
{
    X509 *certificate = read_certificate(cert);
    *sentence = "there is no certificate in PEM form in it";
    enum certificate_state state = CERTIFICATE_WRONG;
    if (certificate != NULL)
        state = key.at == NULL ? check_dates(certificate, sentence) : check_key(certificate, key, sentence);
    X509_free(certificate);
    ERR_clear_error();
    return state;
}
