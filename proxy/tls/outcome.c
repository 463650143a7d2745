/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "tls/parts.h"

enum { ALERTS = SSL_AD_REASON_OFFSET }; /* reasons from here on are alerts that came */

/* What a server says of our certificate, or that there is none (RFC 8446 section 6.2). In TLS 1.2 a handshake that fails
 * after one was asked for means the same. */
static bool wants_certificate(const SSL *ssl, int alert)
{
    switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_CERTIFICATE_REQUIRED:
        return true;
    case SSL_AD_HANDSHAKE_FAILURE:
        return SSL_get0_peer_CA_list(ssl) != NULL;
    default:
        return false;
    }
}

enum tls_outcome tls_hear_error(struct tls *tls)
{
    const SSL *ssl = tls->ssl;
    int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    tls->wants_certificate = !tls->server && wants_certificate(ssl, reason - ALERTS);
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
        return TLS_protocol_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        return TLS_no_shared_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return TLS_no_shared_alpn;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return TLS_no_certificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return TLS_bad_certificate;
    default:
        break;
    }
    if (SSL_get_verify_result(ssl) != X509_V_OK)
        return TLS_bad_certificate;
    return reason >= ALERTS ? TLS_alert : TLS_malformed;
}

const struct fault *tls_fault_of(const struct tls *tls)
{
    if (tls->server)
        return FAULT(client_gone);
    if (tls->wants_certificate)
        return FAULT(upstream_wants_certificate);
    if ((tls->link.marks & LINK_OPEN) != 0)
        return FAULT(upstream_reset);
    switch (tls->outcome) {
    case TLS_bad_certificate:
        return FAULT(upstream_untrusted);
    case TLS_closed:
        return FAULT(connect_failed);
    default:
        return FAULT(upstream_tls);
    }
}
