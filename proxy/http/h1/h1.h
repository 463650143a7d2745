/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.0 and HTTP/1.1 on one link (RFC 9112), either role: llhttp reads, write.c frames. One stream at a time:
 * pipelined requests wait in the backlog, so answers leave in order. After an answered Upgrade the stream's chains carry
 * the other protocol's bytes, each direction ending by itself.
 *
 * session.c: how the link and the exchange reach it; life.c: birth, timers, ends; parse.c: llhttp's callbacks; read.c:
 * bytes into the stream; write.c: the stream into bytes.
 */
#ifndef HTTP_H1_H
#define HTTP_H1_H

#include "http/session.h"

/* Takes over the link, which must be open, and begins to read when it is told to (link_start by the caller). NULL when
 * out of memory: the link is the caller's still. settings must outlive it. */
struct session *h1_new(struct link *link, enum session_role role, const struct http_settings *settings,
                       struct keeper *keeper);

#endif
