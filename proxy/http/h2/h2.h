/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 on one link (RFC 9113), either role, with nghttp2: many streams at once. A stream's flow-control window is given
 * back as its exchange takes the bytes, the connection's at once, so a stream that stalls holds up no other. Scheduling is
 * nghttp2's, by RFC 9218. WebSockets come as extended CONNECT (RFC 8441) and look like an Upgrade to the exchange.
 *
 * session.c: how the link and the exchange reach it; life.c: birth and end of streams and session; read.c: nghttp2's
 * callbacks for what comes in; head_in.c, head_out.c: heads; write.c: streams into frames; guard.c: what a peer may cost.
 */
#ifndef HTTP_H2_H
#define HTTP_H2_H

#include "http/session.h"

enum {
    H2_STREAMS = 100, /* of a client at once; what we open towards a server too, unless it allows fewer */
    H2_STREAM_ROOM = 64 * 1024,    /* bytes that may wait to be sent on a stream */
    H2_WINDOW_FIRST = 64 * 1024,   /* bytes a peer may send on a stream before its exchange takes any ... */
    H2_WINDOW_TAKEN = STREAM_ROOM, /* ... and afterwards */
    H2_WINDOW_LINK = 16 << 20      /* on all of them: given back on arrival */
};

/* What a client sends first (RFC 9113 section 3.4). */
#define H2_PREFACE TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

/* Takes over the link, which must be open, and begins to read when it is told to (link_start by the caller). NULL when
 * out of memory: the link is the caller's still. settings must outlive it. */
struct session *h2_new(struct link *link, enum session_role role, const struct http_settings *settings,
                       struct keeper *keeper);

#endif
