/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a backend's URIs back to what clients know it by: the reverse of rewrite.h for one exchange. Only what points at
 * the backend itself is changed; query and fragment stay as they are. Nothing is kept beyond the exchange's turn, and
 * memory is only taken from its arena.
 *
 * At the backend itself points what has the Host that was sent to it, with that port or with the endpoint's (servers put
 * their own port behind any name), or the endpoint's address, or one of redirects.hosts; with the backend's scheme, or
 * the public one, since it may heed X-Forwarded-Proto. A path that already begins with what was stripped is public: it
 * may heed X-Forwarded-Prefix.
 */
#ifndef EXCHANGE_REDIRECTS_PUTBACK_H
#define EXCHANGE_REDIRECTS_PUTBACK_H

#include "exchange/exchange.h"
#include "http/reference.h"

/* What a backend says, and what it is for clients. */
struct putback {
    struct arena *arena;
    struct text scheme, authority; /* public; no authority: the client named none, or an odd one */
    struct text own_scheme, own_authority;
    const struct endpoint *endpoint;
    const struct redirects_settings *settings;
    struct text stripped, added; /* of the path */
    struct text path, own_path;  /* that the client asked for, and that was asked of the backend */
    bool followed;               /* redirects have led from the one to the other */
};

/* A public URI in parts, to be put one behind the other. */
enum { PUTBACK_PARTS = 6 };

struct putback_parts {
    struct text at[PUTBACK_PARTS];
};

/* While a request is at a backend. */
void putback_of(const struct exchange *exchange, struct putback *putback);

/* The path that clients have for one of the backend's: prefix and then rest. False when it stays as it is. */
bool putback_path(const struct putback *putback, struct text path, struct text *prefix, struct text *rest);

/* The same for a URI reference. */
bool putback_reference(const struct putback *putback, struct text written, struct putback_parts *parts);

/* Whether a reference with an authority points at the backend itself. */
bool putback_is_own(const struct putback *putback, const struct reference *reference);

/* The backend's path that a reference's path means to it, without dot segments; lies in the arena if it isn't the same.
 * .at is NULL when no server would understand it. */
struct text putback_target(const struct putback *putback, struct text path);

/* Whether this is the backend's name or address, without a port. */
bool putback_is_own_host(const struct putback *putback, struct text host);

#endif
