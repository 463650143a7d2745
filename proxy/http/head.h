/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request or a response, the same for every version of HTTP: what RFC 9110 calls control data, and the
 * fields. Framing is not among the fields: it is body and length here, and each protocol writes its own.
 * Texts point into the arena of the stream the head came from.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/fields.h"

enum method {
    METHOD_OTHER,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_CONNECT,
    METHOD_OPTIONS,
    METHOD_TRACE,
    METHOD_PATCH
};

/* How the end of a body is known (RFC 9112 section 6.3). */
enum body_kind {
    BODY_NONE,   /* there is none */
    BODY_LENGTH, /* length bytes */
    BODY_STREAM  /* until it ends: chunked, until close, or an HTTP/2 stream's end */
};

struct head {
    /* requests */
    enum method method;
    struct text method_text;
    struct text target;    /* as it came: origin-form, absolute-form, authority-form or * */
    struct text scheme;    /* of absolute-form or :scheme; empty otherwise */
    struct text authority; /* host and port that the request is for; empty when it has none */
    struct text path;      /* path and query as they came, "*" for OPTIONS * */
    /* responses */
    uint16_t status;
    struct text reason;
    /* both */
    uint8_t major; /* 2 for HTTP/2; 0 or 1: HTTP/1 */
    uint8_t minor; /* HTTP/1.minor; 1 for later versions */
    bool early;    /* came as early data of TLS: could be a replay (RFC 8470) */
    bool upgrade;  /* asks for, or answers with, another protocol: named by the Upgrade field */
    bool
        connect; /* asks so by an extended CONNECT (RFC 8441): any 2xx would tell the client that a tunnel is open */
    bool trailers; /* the other side may get trailers */
    enum body_kind body;
    uint64_t length; /* BODY_LENGTH; for an answer to HEAD or a 304, what it would have been */
    bool has_length; /* length means something */
    struct fields fields;
};

enum method method_of(struct text name);

/* RFC 9110 section 9.2.1 */
bool method_is_safe(enum method method);

/* RFC 9110 section 9.2.2 */
bool method_is_idempotent(enum method method);

/* RFC 9110 section 6.4.1: such a response has no body whatever its fields say. */
static inline bool status_has_no_body(unsigned status)
{
    return status < 200 || status == 204 || status == 304;
}

#endif
