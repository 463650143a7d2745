/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of a route beside host and path: method, header fields and query parameters. Host and path are
 * exchange/route.h's, because they are looked up rather than compared. Any thread; nothing is allocated. */
#ifndef EXCHANGE_MATCH_H
#define EXCHANGE_MATCH_H

#include "exchange/route_ask.h"
#include "exchange/settings.h"

enum match_part { MATCH_ALL, MATCH_METHOD, MATCH_HEADER, MATCH_QUERY };

/* The method is one, each header field one, each query parameter one. */
size_t match_count(const struct match_settings *match);

/* The first condition that doesn't hold, in *which for a header or a query; MATCH_ALL when all hold. A field's value is
 * one of its lines, or all of them as one list (RFC 9110 section 5.2). */
enum match_part match_unmet(const struct match_settings *match, const struct route_ask *ask,
                            const struct header_setting **which);

#endif
