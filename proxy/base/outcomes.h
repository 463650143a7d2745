/* SPDX-License-Identifier: Apache-2.0 */
/* How handshakes of TLS end, what peers do wrong in HTTP/2, what caches do: the words that metrics have for it. */
#ifndef BASE_OUTCOMES_H
#define BASE_OUTCOMES_H

/* The label `result` of weir_tls_handshakes_total. */
#define TLS_OUTCOME_TABLE(F)                                            \
    F(full, "a full handshake")                                         \
    F(resumed, "with a ticket of an earlier session")                   \
    F(plain, "the client does not speak TLS")                           \
    F(protocol_version, "no version of TLS in common")                  \
    F(no_shared_cipher, "no cipher, group or signature in common")      \
    F(no_shared_alpn, "no application protocol in common")              \
    F(no_certificate, "the peer has to show a certificate and did not") \
    F(bad_certificate, "the peer's certificate can't be trusted")       \
    F(alert, "the peer refused with an alert")                          \
    F(timeout, "it took too long")                                      \
    F(closed, "the peer left")                                          \
    F(malformed, "what the peer sent is not TLS as it should be")

enum tls_outcome {
#define F(name, sentence) TLS_##name,
    TLS_OUTCOME_TABLE(F)
#undef F
        TLS_OUTCOME_COUNT
};

/* The label `error` of weir_http2_errors_total. */
#define HTTP2_ERROR_TABLE(F)                      \
    F(protocol, "frames that break the rules")    \
    F(malformed, "heads that can't be a message") \
    F(header_list, "heads larger than allowed")   \
    F(flood, "too many frames that move nothing") \
    F(resets, "too many streams that end before their answer")

enum http2_error {
#define F(name, sentence) HTTP2_##name,
    HTTP2_ERROR_TABLE(F)
#undef F
        HTTP2_ERROR_COUNT
};

/* The label `result` of weir_cache_requests_total. */
#define CACHE_OUTCOME_TABLE(F)                                     \
    F(hit, "answered from the cache")                              \
    F(miss, "nothing stored fits")                                 \
    F(stale, "answered with what is stale, as its backend allows") \
    F(revalidated, "the backend said that what is stored is good") \
    F(collapsed, "answered with what another request fetched")     \
    F(bypass, "not for the cache")

enum cache_outcome {
#define F(name, sentence) CACHE_##name,
    CACHE_OUTCOME_TABLE(F)
#undef F
        CACHE_OUTCOME_COUNT
};

const char *cache_outcome_name(unsigned outcome);
const char *tls_outcome_name(unsigned outcome);
const char *http2_error_name(unsigned error);

#endif
