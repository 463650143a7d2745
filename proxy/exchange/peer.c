/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/peer.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/buffer.h"

enum { NAMES_MAX = 8192 }; /* bytes of a subject, and of all names */

/* What OpenSSL writes into memory. */
static struct text written(BIO *out)
{
    char *at = NULL;
    long len = BIO_get_mem_data(out, &at);
    return (struct text){at, len > 0 ? (size_t)len : 0};
}

static void write_subject(X509 *certificate, BIO *out)
{
    X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
}

/* As a subject has it (RFC 2253): what could pass for the end of a name, or can't be in a field, behind a backslash. */
static void write_escaped(BIO *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7f;
        BIO_printf(out, !plain ? "\\%02X" : bytes[i] == ',' || bytes[i] == '\\' ? "\\%c" : "%c", bytes[i]);
    }
}

/* OpenSSL writes dots for NUL and the like: other names. */
static void write_string(BIO *out, const char *kind, const ASN1_STRING *name)
{
    BIO_puts(out, kind);
    write_escaped(out, ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name));
}

static void write_other(BIO *out, GENERAL_NAME *name)
{
    BIO *plain = BIO_new(BIO_s_mem());
    if (plain == NULL)
        return;
    GENERAL_NAME_print(plain, name);
    struct text text = written(plain);
    write_escaped(out, (const unsigned char *)text.at, text.len);
    BIO_free(plain);
}

static void write_name(BIO *out, GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_EMAIL:
        write_string(out, "email:", name->d.rfc822Name);
        break;
    case GEN_DNS:
        write_string(out, "DNS:", name->d.dNSName);
        break;
    case GEN_URI:
        write_string(out, "URI:", name->d.uniformResourceIdentifier);
        break;
    default:
        write_other(out, name);
    }
}

/* As many as there is room for; none is cut, it would be another one. */
static void write_names(X509 *certificate, BIO *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    BIO *next = BIO_new(BIO_s_mem());
    for (int i = 0; next != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        if (i > 0)
            BIO_puts(next, ",");
        write_name(next, sk_GENERAL_NAME_value(names, i));
        struct text text = written(next);
        if (written(out).len + text.len > NAMES_MAX)
            break;
        BIO_write(out, text.at, (int)text.len);
        (void)BIO_reset(next);
    }
    BIO_free(next);
    GENERAL_NAMES_free(names);
}

static void write_fingerprint(X509 *certificate, BIO *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    X509_digest(certificate, EVP_sha256(), digest, &len);
    for (unsigned i = 0; i < len; i++)
        BIO_printf(out, "%02x", digest[i]);
}

/* In memory behind the identity, which has room for it. */
static char *keep(struct text *to, char *at, struct text from)
{
    if (from.len > 0)
        memcpy(at, from.at, from.len);
    *to = (struct text){at, from.len};
    return at + from.len;
}

static struct text bounded(struct text t)
{
    return t.len <= NAMES_MAX ? t : TEXT_NONE;
}

static struct peer_identity *identity_of(X509 *certificate, BIO *const outs[3])
{
    write_subject(certificate, outs[0]);
    write_names(certificate, outs[1]);
    write_fingerprint(certificate, outs[2]);
    struct text subject = bounded(written(outs[0])), names = bounded(written(outs[1])),
                fingerprint = bounded(written(outs[2]));
    struct peer_identity *identity = malloc(sizeof *identity + subject.len + names.len + fingerprint.len + 1);
    if (identity == NULL)
        return NULL;
    char *at = (char *)(identity + 1);
    at = keep(&identity->subject, at, subject);
    at = keep(&identity->names, at, names);
    keep(&identity->fingerprint, at, fingerprint);
    return identity;
}

bool peer_note(struct caller *caller, SSL *ssl)
{
    BIO *outs[3] = {NULL};
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    caller->tls_version = SSL_version(ssl) == TLS1_2_VERSION ? 12 : 13;
    if (certificate == NULL)
        return true;
    bool fine = true;
    for (int i = 0; i < 3; i++)
        fine = (outs[i] = BIO_new(BIO_s_mem())) != NULL && fine;
    caller->identity = fine ? identity_of(certificate, outs) : NULL;
    for (int i = 0; i < 3; i++)
        BIO_free(outs[i]);
    return caller->identity != NULL;
}

void peer_forget(struct caller *caller)
{
    free(caller->identity);
    caller->identity = NULL;
}
