/* SPDX-License-Identifier: Apache-2.0 */
/* The target of a request (RFC 9112 section 3.2) and its path in the form that routes are matched with. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/fault.h"
#include "http/head.h"

/* Fills scheme, authority and path from target and the Host field; checks them. NULL, bad_request or bad_host. */
const struct fault *target_read(struct head *head);

/* The path without query in the form of RFC 3986 section 6.2.2: unreserved characters decoded, other escapes in upper
 * case, dot segments removed; and empty segments merged. out has room for path.len + 1 bytes. False when an escape is
 * malformed, one is NUL, a dot segment would leave the root, or servers differ on what a dot segment removes (behind an
 * empty segment, in front of %2F, %5C or ';'); on a raw backslash too. */
bool target_normalize_path(struct text path, char *out, size_t *out_len);

/* Splits at the first '?': the query is without it. */
void target_split(struct text path_and_query, struct text *path, struct text *query);

/* uri-host with optional port of RFC 3986 section 3.2.2, no userinfo. */
bool authority_is_valid(struct text authority);

/* Its port, or this one when it has none. */
unsigned authority_port(struct text authority, unsigned missing);

/* The host part, without port and trailing dot; brackets of IPv6 stay. */
struct text authority_host(struct text authority);

#endif
