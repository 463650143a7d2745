/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backend is asked for: the path and the host of a request, as its route rewrites them. A path is rewritten in its
 * normalised form, since that is what the route matched; without a rewrite it goes on as it came. The query is never
 * touched.
 */
#ifndef EXCHANGE_REWRITE_H
#define EXCHANGE_REWRITE_H

#include "exchange/exchange.h"

/* Path and query for the backend; .at is NULL when out of memory. */
struct text rewrite_path(const struct exchange *exchange, struct arena *arena);

/* What the route takes off this path; empty when nothing. Points into the snapshot. */
struct text rewrite_stripped(const struct exchange *exchange);

/* The Host for the endpoint, where the client asked for this one; as long-lived as the arguments. */
struct text rewrite_host(const struct rewrite_settings *settings, struct text asked,
                         const struct endpoint *endpoint);

#endif
