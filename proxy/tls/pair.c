/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/pair.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tls/validity.h"

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

static const char *look(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return strerror(errno);
    if (!S_ISREG(file.st_mode))
        return "it is no regular file";
    return file.st_size > PEM_SIZE_MAX ? "it is larger than 4 MiB" : NULL;
}

BIO *pem_open(const char *path, const char **wrong)
{
    *wrong = look(path);
    if (*wrong != NULL)
        return NULL;
    FILE *stream = fopen(path, "rbe");
    *wrong = stream == NULL ? strerror(errno) : "out of memory";
    BIO *file = stream == NULL ? NULL : BIO_new_fp(stream, BIO_CLOSE);
    if (stream != NULL && file == NULL)
        fclose(stream);
    return file;
}

static bool complain_of_file(char *why, struct text path, const char *wrong)
{
    snprintf(why, TLS_WHY_MAX, "%.*s: the file can't be read: %s", TEXT_ARGS(path), wrong);
    return false;
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
    const char *wrong;
    BIO *file = pem_open(path.at, &wrong);
    if (file == NULL)
        return complain_of_file(why, path, wrong);
    bool fine = read_chain(pair, file);
    BIO_free(file);
    ERR_clear_error();
    return fine ||
           complain(why, path, "there is no certificate in PEM form in it, or one of them is damaged");
}

/* Of the pair's own certificate, or of one that stands behind it. */
static bool check_key(const struct pair *pair, struct text path, char *why)
{
    if (X509_check_private_key(pair->certificate, pair->key) == 1)
        return true;
    for (int i = 0; i < sk_X509_num(pair->chain); i++)
        if (X509_check_private_key(sk_X509_value(pair->chain, i), pair->key) == 1)
            return complain(why, path, PAIR_MISPLACED);
    return complain(why, path, PAIR_MISFIT);
}

static bool load_key(struct pair *pair, struct text path, char *why)
{
    const char *wrong;
    BIO *file = pem_open(path.at, &wrong);
    if (file == NULL)
        return complain_of_file(why, path, wrong);
    pair->key = PEM_read_bio_PrivateKey(file, NULL, refuse_passphrase, NULL);
    BIO_free(file);
    if (pair->key == NULL)
        return complain(why, path, "there is no private key in PEM form, without passphrase, in it");
    return check_key(pair, path, why);
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

/* What OpenSSL's level of security forbids shows when a context is to use it. */
static bool check_use(const struct pair *pair, struct text path, char *why)
{
    char sentence[160];
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    bool fine = context != NULL &&
                SSL_CTX_use_cert_and_key(context, pair->certificate, pair->key, pair->chain, 1) == 1;
    SSL_CTX_free(context);
    if (fine)
        return true;
    const char *reason = ERR_reason_error_string(ERR_get_error());
    snprintf(sentence, sizeof sentence, "OpenSSL refuses the certificate: %s",
             reason != NULL ? reason : "out of memory");
    return complain(why, path, sentence);
}

bool pair_load(struct pair *pair, const struct tls_pair_settings *settings, char *why)
{
    *pair = (struct pair){0};
    if (!load_certificate(pair, settings->cert, why) || !load_key(pair, settings->key, why))
        return false;
    if (!read_names(pair))
        return complain(why, settings->cert, "out of memory");
    pair->ends = validity_seconds(X509_get0_notAfter(pair->certificate));
    return check_use(pair, settings->cert, why);
}

static char *copy_name(const char *name)
{
    return OPENSSL_strdup(name);
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
    staple_clear(&pair->staple);
    *pair = (struct pair){0};
}

bool pair_copy(struct pair *to, const struct pair *from)
{
    *to = (struct pair){.certificate = from->certificate, .key = from->key, .ends = from->ends};
    X509_up_ref(to->certificate);
    EVP_PKEY_up_ref(to->key);
    to->chain = X509_chain_up_ref(from->chain);
    to->names = sk_OPENSSL_STRING_deep_copy(from->names, copy_name, free_name);
    return to->chain != NULL && to->names != NULL && staple_copy(&to->staple, &from->staple);
}

int pair_algorithm(const struct pair *pair)
{
    return EVP_PKEY_get_base_id(pair->key);
}
