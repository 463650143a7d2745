/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <time.h>

#include "tls/pair.h"
#include "tls/validity.h"

enum { SKEW_S = 300 }; /* of the authority's clock */

static bool is_about(const OCSP_SINGLERESP *single, const X509 *certificate)
{
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(NULL, NULL, NULL, &serial, (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single));
    return serial != NULL && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
}

/* NULL, or what is wrong with what the authority says. */
static const char *check_single(struct staple *staple, OCSP_BASICRESP *basic, const X509 *certificate)
{
    ASN1_GENERALIZEDTIME *from, *until;
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
    if (single == NULL ||
        OCSP_single_get0_status(single, NULL, NULL, &from, &until) != V_OCSP_CERTSTATUS_GOOD)
        return "it doesn't say that the certificate is good";
    if (!is_about(single, certificate))
        return "it is for another certificate";
    if (OCSP_check_validity(from, until, SKEW_S, -1) != 1)
        return "it is out of date";
    staple->until = validity_seconds(until);
    return NULL;
}

static const char *check(struct staple *staple, OCSP_RESPONSE *response, const X509 *certificate)
{
    if (response == NULL)
        return "it is not an OCSP response in DER form";
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    const char *wrong = "the authority did not answer it";
    if (basic != NULL && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        wrong = check_single(staple, basic, certificate);
    OCSP_BASICRESP_free(basic);
    return wrong;
}

const char *staple_load(struct staple *staple, const char *path, const X509 *certificate)
{
    const char *wrong;
    *staple = (struct staple){0};
    BIO *file = pem_open(path, &wrong);
    if (file == NULL)
        return wrong;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE_bio(file, NULL);
    wrong = check(staple, response, certificate);
    if (wrong == NULL && (staple->len = i2d_OCSP_RESPONSE(response, &staple->der)) <= 0)
        wrong = "out of memory";
    OCSP_RESPONSE_free(response);
    BIO_free(file);
    ERR_clear_error();
    return wrong;
}

bool staple_copy(struct staple *to, const struct staple *from)
{
    *to = *from;
    if (from->der == NULL)
        return true;
    to->der = OPENSSL_memdup(from->der, (size_t)from->len);
    return to->der != NULL;
}

void staple_clear(struct staple *staple)
{
    OPENSSL_free(staple->der);
    *staple = (struct staple){0};
}

bool staple_is_good(const struct staple *staple)
{
    return staple->der != NULL && (staple->until == 0 || time(NULL) <= staple->until);
}
