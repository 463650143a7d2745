/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a shared cache may do (RFC 9111 sections 3 and 4): which requests it looks at, which answers it keeps, which
 * stored answers fit a request. All threads; nothing is kept.
 */
#ifndef CACHE_POLICY_H
#define CACHE_POLICY_H

#include "cache/freshness.h"

/* Whether a stored answer could serve this request, and its answer be stored. Others go past the cache. */
bool policy_looks_at(const struct head *request);

/* Whether the answer may be stored; freshness was read of it. */
bool policy_may_store(const struct head *request, const struct head *response,
                      const struct cache_control *said, const struct freshness *freshness);

/* Whether it says that the answer to a request with credentials is for all (RFC 9111 section 3.5). */
bool policy_shares(const struct cache_control *said);

/* Whether this answer to an unsafe request makes what is stored under its target worthless (RFC 9111 section 4.4). */
bool policy_invalidates(const struct head *request, unsigned status);

/* The fields that Vary names, with what the request has in them, in one text: two requests get the same stored answer
 * when theirs are the same. recodes: each client gets it in a coding that it takes, so that Accept-Encoding doesn't count
 * where that is possible. TEXT_NONE when Vary says "*" or names more than 64 fields, when the request has more than 16 KiB in
 * them, or when memory ran out; empty when there is no Vary. */
struct text policy_variant(const struct fields *response, const struct fields *request, bool recodes,
                           struct arena *arena);

/* If-None-Match, If-Modified-Since, or both (RFC 9110 section 13.2.2) against a stored answer of status 200: true when
 * the client has it already, and a 304 is the answer. answered: seconds, when the stored answer came. */
bool policy_client_has_it(const struct fields *request, const struct fields *stored, int64_t answered);

/* RFC 9110 section 8.8.3.2 */
bool etag_equal_weak(struct text a, struct text b);
bool etag_equal_strong(struct text a, struct text b);

#endif
