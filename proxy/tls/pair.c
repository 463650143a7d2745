/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/pair.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"

enum { NAME_MAX_LEN = 253, PEM_SIZE_MAX = 4 << 20 };

static bool complain(char *why, struct text path, const char *sentence)
{
    snprintf(why, TLS_WHY_MAX, "%.*s: %s", TEXT_ARGS(path), sentence);
    ERR_clear_error();
    return false;
}

/* Without it OpenSSL would ask on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *nothing)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)nothing;
    return -1;
}

BIO *pem_open(const char *path)
{
    struct stat file;
    bool fine = stat(path, &file) == 0 && S_ISREG(file.st_mode) && file.st_size <= PEM_SIZE_MAX;
    return fine ? BIO_new_file(path, "rb") : NULL;
}

static bool read_chain(struct pair *pair, BIO *file)
{
    pair->certificate = PEM_read_bio_X509(file, NULL, refuse_passphrase, NULL);
    pair->chain = sk_X509_new_null();
    if (pair->certificate == NULL || pair->chain == NULL)
        return false;
    for (X509 *next; (next = PEM_read_bio_X509(file, NULL, refuse_passphrase, NULL)) != NULL;) {
        if (sk_X509_push(pair->chain, next) > 0)
            continue;
        X509_free(next);
        return false;
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; /* the file's end */
}

static bool load_certificate(struct pair *pair, struct text path, char *why)
{
    BIO *file = pem_open(path.at);
    if (file == NULL)
        return complain(why, path, "the file can't be read");
    bool fine = read_chain(pair, file);
    BIO_free(file);
    ERR_clear_error();
    return fine ||
           complain(why, path, "there is no certificate in PEM form in it, or one of them is damaged");
}

static bool load_key(struct pair *pair, struct text path, char *why)
{
    BIO *file = pem_open(path.at);
    if (file == NULL)
        return complain(why, path, "the file can't be read");
    pair->key = PEM_read_bio_PrivateKey(file, NULL, refuse_passphrase, NULL);
    BIO_free(file);
    if (pair->key == NULL)
        return complain(why, path, "there is no private key in PEM form, without passphrase, in it");
    if (X509_check_private_key(pair->certificate, pair->key) != 1)
        return complain(why, path, "the key doesn't belong to the certificate");
    return true;
}

static bool add_name(struct pair *pair, const unsigned char *at, int len)
{
    if (len <= 0 || len > NAME_MAX_LEN || memchr(at, 0, (size_t)len) != NULL)
        return true;
    char *name = OPENSSL_strndup((const char *)at, (size_t)len);
    if (name == NULL)
        return false;
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    if (sk_OPENSSL_STRING_push(pair->names, name) > 0)
        return true;
    OPENSSL_free(name);
    return false;
}

static bool add_alternative(struct pair *pair, const GENERAL_NAME *alternative)
{
    if (alternative->type != GEN_DNS)
        return true;
    const ASN1_IA5STRING *name = alternative->d.dNSName;
    return add_name(pair, ASN1_STRING_get0_data(name), ASN1_STRING_length(name));
}

/* The subject's common name counts only where there are no alternatives (RFC 9525 has given it up, old files have not). */
static bool add_common_name(struct pair *pair)
{
    X509_NAME *subject = X509_get_subject_name(pair->certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || sk_OPENSSL_STRING_num(pair->names) > 0)
        return true;
    const ASN1_STRING *name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return add_name(pair, ASN1_STRING_get0_data(name), ASN1_STRING_length(name));
}

static bool read_names(struct pair *pair)
{
    bool fine = (pair->names = sk_OPENSSL_STRING_new_null()) != NULL;
    GENERAL_NAMES *all = X509_get_ext_d2i(pair->certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; fine && i < sk_GENERAL_NAME_num(all); i++)
        fine = add_alternative(pair, sk_GENERAL_NAME_value(all, i));
    GENERAL_NAMES_free(all);
    return fine && add_common_name(pair);
}

static bool is_about(const OCSP_SINGLERESP *single, const X509 *certificate)
{
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(NULL, NULL, NULL, &serial, (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single));
    return serial != NULL && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;
    return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

/* NULL, or why it can't be stapled. */
static const char *check_staple(struct pair *pair, OCSP_RESPONSE *response)
{
    ASN1_GENERALIZEDTIME *from, *until;
    if (response == NULL)
        return "it is not an OCSP response in DER form";
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (basic == NULL || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        OCSP_BASICRESP_free(basic);
        return "the authority did not answer it";
    }
    const char *wrong = NULL;
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
    if (single == NULL ||
        OCSP_single_get0_status(single, NULL, NULL, &from, &until) != V_OCSP_CERTSTATUS_GOOD)
        wrong = "it doesn't say that the certificate is good";
    else if (!is_about(single, pair->certificate))
        wrong = "it is for another certificate";
    else if (OCSP_check_validity(from, until, 300, -1) != 1)
        wrong = "it is out of date";
    else
        pair->staple_until = seconds_of(until);
    OCSP_BASICRESP_free(basic);
    return wrong;
}

static void load_staple(struct pair *pair, struct text path)
{
    if (path.len == 0)
        return;
    BIO *file = pem_open(path.at);
    OCSP_RESPONSE *response = file == NULL ? NULL : d2i_OCSP_RESPONSE_bio(file, NULL);
    const char *wrong = file == NULL ? "the file can't be read" : check_staple(pair, response);
    if (wrong == NULL)
        pair->staple_len = i2d_OCSP_RESPONSE(response, &pair->staple);
    else
        log_write(LOG_WARN, "%.*s: not stapled: %s", TEXT_ARGS(path), wrong);
    OCSP_RESPONSE_free(response);
    BIO_free(file);
    ERR_clear_error();
}

bool pair_load(struct pair *pair, const struct tls_pair_settings *settings, char *why)
{
    *pair = (struct pair){0};
    if (!load_certificate(pair, settings->cert, why) || !load_key(pair, settings->key, why))
        return false;
    if (!read_names(pair))
        return complain(why, settings->cert, "out of memory");
    load_staple(pair, settings->ocsp);
    return true;
}

static void free_name(char *name)
{
    OPENSSL_free(name);
}

void pair_clear(struct pair *pair)
{
    X509_free(pair->certificate);
    sk_X509_pop_free(pair->chain, X509_free);
    EVP_PKEY_free(pair->key);
    sk_OPENSSL_STRING_pop_free(pair->names, free_name);
    OPENSSL_free(pair->staple);
}

int pair_algorithm(const struct pair *pair)
{
    return EVP_PKEY_get_base_id(pair->key);
}
