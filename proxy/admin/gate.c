/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/gate.h"

#include "base/buffer.h"

/* The longest literal is an IPv6 address with an IPv4 tail, in brackets, and a port. */
enum { LITERAL_MAX = 64 };

/* An IP address without port, with that of the listener then; false for names. */
static bool read_literal(struct text host, unsigned port, struct address *address)
{
    char room[LITERAL_MAX];
    struct buffer written = buffer_over(room, sizeof room);
    buffer_add(&written, host);
    buffer_byte(&written, ':');
    buffer_number(&written, port);
    bool has_port = host.len > 0 && host.at[0] != '[' && text_find(host, ':') < host.len;
    return !written.short_of_room && !has_port && address_read(buffer_text(&written), address) == NULL &&
           !address_is_unix(address);
}

/* A dot at the end of a name says nothing. */
static bool is_named(const struct admin_settings *settings, struct text host)
{
    for (size_t i = 0; i < settings->host_count; i++) {
        struct text name = settings->hosts[i];
        if (text_ends(name, TEXT(".")))
            name.len--;
        if (text_equal_nocase(host, name))
            return true;
    }
    return false;
}

/* The port isn't looked at: it may have been forwarded. A listener on every address doesn't know its own, so there any
 * literal does: what DNS can be made to say has a name. */
static bool host_is_ours(const struct admin_settings *settings, const struct exchange *exchange)
{
    struct text host = exchange->host;
    struct address address;
    if (address_is_unix(&settings->listen) || text_equal(host, TEXT("localhost")) ||
        text_equal(host, TEXT("127.0.0.1")) || text_equal(host, TEXT("[::1]")) || is_named(settings, host))
        return true;
    if (!read_literal(host, address_port(&settings->listen), &address))
        return false;
    return address_is_any(&settings->listen) || address_equal(&address, &settings->listen);
}

/* An Origin is scheme://host:port (RFC 6454 section 7), or null. */
static bool is_origin(const struct exchange *exchange, struct text origin)
{
    struct text authority = exchange->down->head_in.authority;
    size_t colon = text_find(origin, ':');
    struct text rest = text_sub(origin, colon, origin.len - colon);
    return text_equal_nocase(text_sub(origin, 0, colon), exchange->front->scheme) &&
           text_starts(rest, TEXT("://")) && text_equal_nocase(text_sub(rest, 3, rest.len - 3), authority);
}

static bool origin_is_ours(const struct admin_settings *settings, const struct exchange *exchange)
{
    (void)settings;
    const struct head *head = &exchange->down->head_in;
    if (head->method == METHOD_GET || head->method == METHOD_HEAD)
        return true;
    for (unsigned i = 0; i < head->fields.count; i++) {
        const struct field *field = &head->fields.at[i];
        if (text_equal_nocase(field->name, TEXT("origin")) && !is_origin(exchange, field->value))
            return false;
    }
    return true;
}

/* In a time that only tells how long the given one is. secret isn't empty. */
static bool is_secret(struct text given, struct text secret)
{
    volatile unsigned char differs = given.len != secret.len;
    for (size_t i = 0; i < given.len; i++)
        differs |= (unsigned char)(given.at[i] ^ secret.at[i % secret.len]);
    return differs == 0;
}

/* RFC 6750 section 2.1 */
static bool token_is_right(const struct admin_settings *settings, const struct exchange *exchange)
{
    const struct text scheme = TEXT("Bearer ");
    if (settings->token.len == 0)
        return true;
    const struct field *field = fields_find_name(&exchange->down->head_in.fields, TEXT("authorization"));
    if (field == NULL || !text_starts_nocase(field->value, scheme))
        return false;
    struct text given = text_sub(field->value, scheme.len, field->value.len - scheme.len);
    return is_secret(text_trim(given), settings->token);
}

static const struct gate_rule rules[] = {
    {host_is_ours, false, 421, "the Host is not the address of the admin API"},
    {origin_is_ours, false, 403, "the Origin is another site"},
    {token_is_right, true, 401, "the token of the admin API is missing or wrong"},
};

const struct gate_rule *gate_check(const struct admin_settings *settings, const struct exchange *exchange,
                                   bool is_probe)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (is_probe && rules[i].spares_probes)
            continue;
        if (!rules[i].holds(settings, exchange))
            return &rules[i];
    }
    return NULL;
}
