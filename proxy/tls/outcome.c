/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "tls/parts.h"

enum { ALERTS = SSL_AD_REASON_OFFSET }; /* reasons from here on are alerts that came */

enum tls_outcome tls_outcome_of_error(const SSL *ssl)
{
    int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
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
    switch (tls->outcome) {
    case TLS_bad_certificate:
        return FAULT(upstream_untrusted);
    case TLS_closed:
        return FAULT(connect_failed);
    default:
        return FAULT(upstream_tls);
    }
}
