/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: what the world does to a request. One table feeds the status we answer, retries, Proxy-Status (RFC 9209), the
 * log, the metrics and the documentation. A function that can fail returns a const struct fault *; NULL means fine.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When another attempt may help. NEVER: the request or weir itself is at fault. */
enum fault_retry { FAULT_NEVER, FAULT_CONNECT, FAULT_RESET, FAULT_TIMEOUT, FAULT_TRY };

/* name, status, retry, proxy error type of RFC 9209 section 2.3, sentence for the client */
#define FAULT_TABLE(F)                                                                                      \
    F(bad_request, 400, FAULT_NEVER, "http_request_error", "The request is malformed.")                     \
    F(bad_host, 400, FAULT_NEVER, "http_request_error", "The Host of the request is missing or malformed.") \
    F(bad_framing, 400, FAULT_NEVER, "http_request_error",                                                  \
      "The length of the request body can be read in two ways.")                                            \
    F(plain_http, 400, FAULT_NEVER, "http_request_error",                                                   \
      "This port speaks HTTPS: use https:// in the address.")                                               \
    F(no_route, 404, FAULT_NEVER, "destination_not_found", "Nothing is served at this address.")            \
    F(method_not_allowed, 405, FAULT_NEVER, "http_request_denied", "This method is not allowed here.")      \
    F(header_timeout, 408, FAULT_NEVER, "http_request_error", "The request took too long to arrive.")       \
    F(body_timeout, 408, FAULT_NEVER, "http_request_error", "The request body took too long to arrive.")    \
    F(body_too_large, 413, FAULT_NEVER, "http_request_error", "The request body is larger than allowed.")   \
    F(uri_too_long, 414, FAULT_NEVER, "http_request_error",                                                 \
      "The address of the request is longer than allowed.")                                                 \
    F(expectation_failed, 417, FAULT_NEVER, "http_request_error",                                           \
      "The Expect field asks for something unknown.")                                                       \
    F(misdirected, 421, FAULT_NEVER, "http_request_denied", "This address does not serve that host.")       \
    F(too_early, 425, FAULT_NEVER, "http_request_denied",                                                   \
      "This request must not be sent as early data: send it again.")                                        \
    F(header_too_large, 431, FAULT_NEVER, "http_request_error",                                             \
      "The request header fields are larger than allowed.")                                                 \
    F(client_gone, 499, FAULT_NEVER, "http_request_error", "The client closed the connection.")             \
    F(internal, 500, FAULT_NEVER, "proxy_internal_error", "The proxy failed.")                              \
    F(route_undecided, 500, FAULT_NEVER, "proxy_internal_error",                                            \
      "The address of the request takes too much work to match.")                                           \
    F(not_implemented, 501, FAULT_NEVER, "http_request_error", "The proxy does not support this method.")   \
    F(connect_refused, 502, FAULT_CONNECT, "connection_refused", "The backend refused the connection.")     \
    F(connect_failed, 502, FAULT_CONNECT, "destination_ip_unroutable", "The backend could not be reached.") \
    F(upstream_tls, 502, FAULT_CONNECT, "tls_protocol_error",                                               \
      "The backend and the proxy did not agree on TLS.")                                                    \
    F(upstream_untrusted, 502, FAULT_CONNECT, "tls_certificate_error",                                      \
      "The certificate of the backend can't be trusted.")                                                   \
    F(upstream_wants_certificate, 502, FAULT_CONNECT, "tls_alert_received",                                 \
      "The backend wants a certificate that the proxy does not have.")                                      \
    F(stream_refused, 502, FAULT_CONNECT, "connection_terminated",                                          \
      "The backend refused the request unseen.")                                                            \
    F(upstream_reset, 502, FAULT_RESET, "connection_terminated", "The backend closed the connection.")      \
    F(upstream_garbage, 502, FAULT_NEVER, "http_protocol_error", "The backend sent an invalid answer.")     \
    F(upstream_head_too_large, 502, FAULT_NEVER, "http_response_header_section_size",                       \
      "The backend sent an answer with too large a head.")                                                  \
    F(upgrade_failed, 502, FAULT_NEVER, "http_upgrade_failed",                                              \
      "The backend does not speak the protocol that was asked for, or changed to one that was not.")        \
    F(no_endpoint, 503, FAULT_NEVER, "destination_unavailable", "No backend is available.")                 \
    F(circuit_open, 503, FAULT_NEVER, "connection_limit_reached",                                           \
      "The backend has as many requests as it may have.")                                                   \
    F(pending_full, 503, FAULT_NEVER, "connection_limit_reached",                                           \
      "Too many requests are waiting for the backend.")                                                     \
    F(pending_timeout, 503, FAULT_NEVER, "connection_limit_reached",                                        \
      "No connection to the backend became free.")                                                          \
    F(overloaded, 503, FAULT_NEVER, "proxy_internal_error", "The proxy has too many connections.")          \
    F(out_of_memory, 503, FAULT_NEVER, "proxy_internal_error", "The proxy is out of memory.")               \
    F(draining, 503, FAULT_NEVER, "proxy_internal_response", "The proxy is shutting down.")                 \
    F(connect_timeout, 504, FAULT_CONNECT, "connection_timeout",                                            \
      "The backend did not accept the connection in time.")                                                 \
    F(not_in_cache, 504, FAULT_NEVER, "proxy_internal_response",                                            \
      "It is not in the cache, and nothing else was wanted.")                                               \
    F(first_byte_timeout, 504, FAULT_TIMEOUT, "http_response_timeout",                                      \
      "The backend did not answer in time.")                                                                \
    F(try_timeout, 504, FAULT_TRY, "http_response_timeout", "No attempt was answered in its time.")         \
    F(idle_timeout, 504, FAULT_NEVER, "connection_read_timeout", "The transfer stalled for too long.")      \
    F(request_timeout, 504, FAULT_NEVER, "http_response_timeout", "The request took longer than allowed.")  \
    F(bad_version, 505, FAULT_NEVER, "http_request_error", "This HTTP version is not supported.")

enum fault_id {
#define F(name, status, retry, type, sentence) FAULT_ID_##name,
    FAULT_TABLE(F)
#undef F
        FAULT_COUNT
};

struct fault {
    const char *name; /* snake case, in logs and metrics */
    uint16_t status;
    enum fault_retry retry;
    const char *type; /* RFC 9209 */
    const char *sentence;
};

extern const struct fault faults[FAULT_COUNT];

/* FAULT(no_route) is the fault of that name. */
#define FAULT(name) (&faults[FAULT_ID_##name])

#endif
