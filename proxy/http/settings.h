/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and times of an HTTP session, both roles. */
#ifndef HTTP_SETTINGS_H
#define HTTP_SETTINGS_H

#include "base/counters.h"

struct http_settings {
    size_t header_size;               /* bytes of request line and fields together */
    unsigned headers;                 /* fields at most */
    uint64_t body;                    /* bytes of a body at most; 0: no limit */
    unsigned requests_per_connection; /* 0: no limit */
    uint64_t header_timeout; /* ms for a whole head, from its first byte (the first one: from the accept) */
    uint64_t body_timeout;   /* ms between two pieces of a body */
    uint64_t idle_timeout;   /* ms between two requests */
    counter_t http2_errors;  /* a cell for each enum http2_error; COUNTER_NONE: not counted */
};

#endif
