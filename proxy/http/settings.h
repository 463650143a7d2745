/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and times of an HTTP session, both roles. */
#ifndef HTTP_SETTINGS_H
#define HTTP_SETTINGS_H

#include "base/counters.h"

/* What HTTP/2 clients do wrong; the label `error` of weir_http2_errors_total. */
enum http2_error {
    HTTP2_PROTOCOL,    /* frames that break the rules */
    HTTP2_MALFORMED,   /* heads that can't be a message */
    HTTP2_HEADER_LIST, /* heads larger than allowed */
    HTTP2_FLOOD,       /* too many frames that move nothing */
    HTTP2_RESETS,      /* too many streams that end before their answer */
    HTTP2_ERROR_COUNT
};

struct http_settings {
    size_t header_size;               /* bytes of request line and fields together */
    unsigned headers;                 /* fields at most */
    uint64_t body;                    /* bytes of a body at most; 0: no limit */
    unsigned requests_per_connection; /* 0: no limit */
    uint64_t header_timeout; /* ms for a whole head, from its first byte (the first one: from the accept) */
    uint64_t body_timeout;   /* ms between two pieces of a body */
    uint64_t idle_timeout;   /* ms between two requests */
    const counter_t *http2_errors; /* HTTP2_ERROR_COUNT of them; NULL: not counted */
};

#endif
