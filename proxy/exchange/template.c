/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/template.h"

#include "base/panic.h"
#include "exchange/exchange.h"
#include "exchange/peer.h"
#include "http/target.h"

enum placeholder {
    CLIENT_IP,
    HOST,
    SCHEME,
    PATH,
    QUERY,
    REQUEST_ID,
    LISTENER,
    ROUTE,
    TLS_VERSION,
    TLS_CLIENT_SUBJECT,
    TLS_CLIENT_NAMES,
    TLS_CLIENT_FINGERPRINT,
    PLACEHOLDERS,
    LITERAL
};

struct template_part {
    enum placeholder kind;
    struct text text; /* of a LITERAL */
};

static const struct text names[PLACEHOLDERS] = {
    [CLIENT_IP] = {"{client_ip}", 11},
    [HOST] = {"{host}", 6},
    [SCHEME] = {"{scheme}", 8},
    [PATH] = {"{path}", 6},
    [QUERY] = {"{query}", 7},
    [REQUEST_ID] = {"{request_id}", 12},
    [LISTENER] = {"{listener}", 10},
    [ROUTE] = {"{route}", 7},
    [TLS_VERSION] = {"{tls_version}", 13},
    [TLS_CLIENT_SUBJECT] = {"{tls_client_subject}", 20},
    [TLS_CLIENT_NAMES] = {"{tls_client_sans}", 17},
    [TLS_CLIENT_FINGERPRINT] = {"{tls_client_fingerprint}", 24},
};

/* Takes the next part off the front of *rest, which isn't empty; false when no part can begin so. */
static bool next_part(struct text *rest, struct template_part *part)
{
    size_t len = text_find(*rest, '{');
    part->kind = LITERAL;
    if (len > 0) {
        part->text = text_sub(*rest, 0, len);
    } else if (text_starts(*rest, TEXT("{{"))) {
        part->text = text_sub(*rest, 0, 1);
        len = 2;
    } else {
        part->kind = 0;
        while (part->kind < PLACEHOLDERS && !text_starts(*rest, names[part->kind]))
            part->kind++;
        if (part->kind == PLACEHOLDERS)
            return false;
        len = names[part->kind].len;
    }
    *rest = text_sub(*rest, len, rest->len - len);
    return true;
}

const char *template_check(struct text written)
{
    struct template_part part;
    while (written.len > 0)
        if (!next_part(&written, &part))
            return "{client_ip}, {host}, {scheme}, {path}, {query}, {request_id}, {listener}, {route}, "
                   "{tls_version}, {tls_client_subject}, {tls_client_sans} or {tls_client_fingerprint} "
                   "where a brace opens; {{ for the brace itself";
    return NULL;
}

bool template_compile(struct text_template *template, struct text written, struct arena *arena)
{
    size_t most = 1;
    for (size_t i = 0; i < written.len; i++)
        most += written.at[i] == '{' ? 2 : 0;
    struct template_part *parts = arena_take_zeroed(arena, most * sizeof *parts);
    *template = (struct text_template){.written = written, .parts = parts};
    if (parts == NULL)
        return false;
    while (written.len > 0) {
        bool fine = next_part(&written, &parts[template->count++]);
        ASSERT(fine);
    }
    return true;
}

bool template_is_constant(const struct text_template *template)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->parts[i].kind != LITERAL && template->parts[i].kind != ROUTE)
            return false;
    return true;
}

static struct text path_of(const struct exchange *exchange)
{
    struct text path, query;
    target_split(exchange->down->head_in.path, &path, &query);
    return path;
}

static struct text query_of(const struct exchange *exchange)
{
    struct text asked = exchange->down->head_in.path;
    size_t path = path_of(exchange).len;
    return text_sub(asked, path, asked.len - path);
}

/* Empty for a client that has shown no certificate. */
static struct text identity_of(enum placeholder kind, const struct caller *caller)
{
    const struct peer_identity *identity = caller->identity;
    if (identity == NULL)
        return TEXT("");
    return kind == TLS_CLIENT_SUBJECT ? identity->subject
           : kind == TLS_CLIENT_NAMES ? identity->names
                                      : identity->fingerprint;
}

static struct text tls_version(const struct caller *caller)
{
    return caller->tls_version == 0 ? TEXT("") : caller->tls_version == 12 ? TEXT("1.2") : TEXT("1.3");
}

static struct text value_of(const struct template_part *part, const struct exchange *exchange)
{
    switch (part->kind) {
    case CLIENT_IP:
        return caller_ip(exchange->caller);
    case HOST:
        return exchange->down->head_in.authority;
    case SCHEME:
        return exchange->front->scheme;
    case PATH:
        return path_of(exchange);
    case QUERY:
        return query_of(exchange);
    case REQUEST_ID:
        return exchange->request_id;
    case LISTENER:
        return exchange->front->settings->name;
    case ROUTE:
        return exchange->route->settings->name;
    case TLS_VERSION:
        return tls_version(exchange->caller);
    case TLS_CLIENT_SUBJECT:
    case TLS_CLIENT_NAMES:
    case TLS_CLIENT_FINGERPRINT:
        return identity_of(part->kind, exchange->caller);
    default:
        return part->text;
    }
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* In one piece, since hardly ever there is a control character in it. */
static bool append(struct text *out, struct text value, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    while (plain < value.len && !is_control(value.at[plain]))
        plain++;
    if (!arena_append(arena, out, value.at, plain))
        return false;
    for (size_t i = plain; i < value.len; i++) {
        char c = value.at[i];
        const char escape[] = {'%', digits[(unsigned char)c >> 4], digits[c & 15]};
        if (!arena_append(arena, out, is_control(c) ? escape : &c, is_control(c) ? 3 : 1))
            return false;
    }
    return true;
}

struct text template_expand(const struct text_template *template, const struct exchange *exchange,
                            struct arena *arena)
{
    struct text out = TEXT_NONE;
    if (template->count == 1 && template->parts[0].kind == LITERAL)
        return template->parts[0].text;
    for (size_t i = 0; i < template->count; i++)
        if (!append(&out, value_of(&template->parts[i], exchange), arena))
            return TEXT_NONE;
    return out.at != NULL ? out : TEXT("");
}
