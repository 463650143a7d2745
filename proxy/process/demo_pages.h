/* SPDX-License-Identifier: Apache-2.0 */
/* What the backends of weir demo answer: a line with their name, and pages to watch weir with: /error, /slow?ms=N,
 * /bytes/N. Runs on the backends' thread. */
#ifndef PROCESS_DEMO_PAGES_H
#define PROCESS_DEMO_PAGES_H

#include "exchange/exchange.h"

enum { DEMO_SLOW_MAX_MS = 30000, DEMO_BYTES_MAX = 10 * 1024 * 1024 };

/* A text in one piece. NULL when out of memory, as of all of these. */
struct stream *demo_say(struct exchange *exchange, unsigned status, struct text body);

/* The page of the request's path; name is the backend's. */
struct stream *demo_page(struct exchange *exchange, const char *name);

#endif
