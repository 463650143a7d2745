/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/gate.h"

#include <arpa/inet.h>

#include "http/target.h"

static const struct refusal foreign_host = {421, "the Host of this request is not the admin's address"};
static const struct refusal foreign_origin = {403, "a page of another origin may not change anything here"};
static const struct refusal no_token = {401, "this needs the header Authorization: Bearer TOKEN"};

/* The host as an address of this family; a name that an attacker's DNS could have pointed here never is one. */
static bool read_ip(struct text host, int family, void *binary)
{
    char room[INET6_ADDRSTRLEN];
    if (host.len >= 2 && host.at[0] == '[')
        host = text_sub(host, 1, host.len - 2);
    if (host.len == 0 || host.len >= sizeof room)
        return false;
    memcpy(room, host.at, host.len);
    room[host.len] = '\0';
    return inet_pton(family, room, binary) == 1;
}

static bool is_ip_of(const struct address *address, struct text host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (address->any.sa_family == AF_INET && read_ip(host, AF_INET, &v4))
        return address->v4.sin_addr.s_addr == htonl(INADDR_ANY) || address->v4.sin_addr.s_addr == v4.s_addr;
    if (address->any.sa_family == AF_INET6 && read_ip(host, AF_INET6, &v6))
        return IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr) ||
               IN6_ARE_ADDR_EQUAL(&address->v6.sin6_addr, &v6);
    return false;
}

/* Its own address, any literal one when it listens on all of them, and the names of this host (a forwarded port). */
static bool is_own_host(const struct admin *admin, const struct exchange *exchange)
{
    const struct address *listen = &admin->settings.listen;
    struct text host = exchange->host;
    return address_is_unix(listen) || text_equal(host, TEXT("localhost")) ||
           text_equal(host, TEXT("127.0.0.1")) || text_equal(host, TEXT("[::1]")) || is_ip_of(listen, host);
}

static bool changes_something(enum method method)
{
    return method != METHOD_GET && method != METHOD_HEAD && method != METHOD_OPTIONS;
}

/* RFC 6454: an origin is scheme, host and port; weir's own pages are served at the authority that was asked for. */
static bool is_own_origin(const struct head *head)
{
    const struct field *origin = fields_find_name(&head->fields, TEXT("origin"));
    if (origin == NULL)
        return true;
    size_t at = text_find(origin->value, '/');
    if (at + 2 > origin->value.len)
        return false;
    return text_equal_nocase(text_sub(origin->value, at + 2, origin->value.len - at - 2), head->authority);
}

/* In a time that doesn't tell how much of it was right. */
static bool is_same_secret(struct text given, struct text secret)
{
    unsigned char different = given.len != secret.len;
    for (size_t i = 0; i < secret.len; i++)
        different |= (unsigned char)((i < given.len ? given.at[i] : 0) ^ secret.at[i]);
    return different == 0;
}

static bool has_token(const struct admin *admin, const struct head *head)
{
    const struct field *given = fields_find_name(&head->fields, TEXT("authorization"));
    if (admin->settings.token.len == 0)
        return true;
    if (given == NULL || given->value.len < 7 ||
        !text_equal_nocase(text_sub(given->value, 0, 7), TEXT("Bearer ")))
        return false;
    return is_same_secret(text_sub(given->value, 7, given->value.len - 7), admin->settings.token);
}

const struct refusal *gate_check(const struct admin *admin, const struct exchange *exchange, bool probe)
{
    const struct head *head = &exchange->down->head_in;
    if (!is_own_host(admin, exchange))
        return &foreign_host;
    if (changes_something(head->method) && !is_own_origin(head))
        return &foreign_origin;
    return probe || has_token(admin, head) ? NULL : &no_token;
}
