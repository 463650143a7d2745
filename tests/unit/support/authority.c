/* SPDX-License-Identifier: Apache-2.0 */
#include "support/authority.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/panic.h"

const char *authority_path(const struct authority *authority, const char *file)
{
    static char paths[8][256];
    static unsigned at;
    char *path = paths[at++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", authority->folder, file);
    return path;
}

static void write_certificate(const struct authority *authority, const char *file, X509 *certificate)
{
    FILE *out = fopen(authority_path(authority, file), "w");
    ASSERT(out != NULL && PEM_write_X509(out, certificate) == 1);
    fclose(out);
}

static void write_key(const struct authority *authority, const char *file, EVP_PKEY *key)
{
    FILE *out = fopen(authority_path(authority, file), "w");
    ASSERT(out != NULL && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(out);
}

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ASSERT(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *draft(struct authority *authority, const char *subject, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    ASSERT(certificate != NULL);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++authority->serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), authority->seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)subject, -1, -1, 0);
    return certificate;
}

void authority_init(struct authority *authority)
{
    *authority = (struct authority){.folder = "/tmp/weir-unit-XXXXXX", .seconds = 24L * 3600};
    ASSERT(mkdtemp(authority->folder) != NULL);
    authority->key = EVP_EC_gen("P-256");
    authority->certificate = draft(authority, "test authority", authority->key);
    X509_set_issuer_name(authority->certificate, X509_get_subject_name(authority->certificate));
    extend(authority->certificate, NID_basic_constraints, "critical,CA:TRUE");
    ASSERT(X509_sign(authority->certificate, authority->key, EVP_sha256()) > 0);
    authority_trust(authority, "ca.pem");
}

void authority_trust(const struct authority *authority, const char *file)
{
    write_certificate(authority, file, authority->certificate);
}

void authority_clear(struct authority *authority)
{
    DIR *folder = opendir(authority->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        unlink(authority_path(authority, entry->d_name));
    closedir(folder);
    rmdir(authority->folder);
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
}

void authority_issue(struct authority *authority, const char *name, const char *names, int rsa)
{
    char file[128];
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *certificate = draft(authority, name, key);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate));
    if (names != NULL)
        extend(certificate, NID_subject_alt_name, names);
    ASSERT(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    snprintf(file, sizeof file, "%s.pem", name);
    write_certificate(authority, file, certificate);
    snprintf(file, sizeof file, "%s.key", name);
    write_key(authority, file, key);
    EVP_PKEY_free(key);
    X509_free(certificate);
}
