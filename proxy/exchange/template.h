/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template is a text with placeholders that are filled in for each request: {client_ip} {host} {scheme} {path} {query}
 * {request_id} {listener} {route} {tls_version} {tls_client_subject} {tls_client_sans} {tls_client_fingerprint}. "{{" is a
 * brace. Compiled when the config is loaded, and immutable then. host and path
 * are as the client wrote them; query has its "?", or is empty.
 */
#ifndef EXCHANGE_TEMPLATE_H
#define EXCHANGE_TEMPLATE_H

#include "base/arena.h"

struct exchange;
struct template_part;

struct text_template {
    struct text written;
    const struct template_part *parts;
    size_t count;
};

/* NULL when it is well formed, else what it needs (a literal). */
const char *template_check(struct text written);

/* Parts lie in the arena and refer to the text. False when out of memory; written must be well formed. */
bool template_compile(struct text_template *template, struct text written, struct arena *arena);

/* Whether it is the same for all requests of a route. */
bool template_is_constant(const struct text_template *template);

/* Filled in for a request that has a route. Control characters that a client sent come out as %XX, so that a value stays
 * on its line. .at is NULL when out of memory. */
struct text template_expand(const struct text_template *template, const struct exchange *exchange,
                            struct arena *arena);

#endif
