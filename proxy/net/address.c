/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)
#define PATH_MAX_BYTES (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* Calls inet_pton, which wants a terminator and takes NUL for the end. */
static bool parse_ip(int family, struct text host, void *ip)
{
    char string[INET6_ADDRSTRLEN];
    if (host.len == 0 || host.len >= sizeof(string) || text_find(host, '\0') != host.len)
        return false;
    memcpy(string, host.at, host.len);
    string[host.len] = '\0';
    return inet_pton(family, string, ip) == 1;
}

static const char *read_port(struct text written, in_port_t *port)
{
    uint64_t number;
    if (written.len == 0)
        return "the port is missing behind the colon";
    if (written.len > 5 || !text_to_number(written, 65535, &number))
        return "the port must be a number from 0 to 65535";
    *port = htons((uint16_t)number);
    return NULL;
}

static const char *read_v6(struct text written, struct address *address)
{
    size_t close = text_find(written, ']');
    if (close == written.len)
        return "the bracket of the IPv6 address is not closed";
    if (!parse_ip(AF_INET6, text_sub(written, 1, close - 1), &address->v6.sin6_addr))
        return "between the brackets must be an IPv6 address";
    if (close + 1 == written.len || written.at[close + 1] != ':')
        return "a colon and a port must follow the bracket";
    address->v6.sin6_family = AF_INET6;
    address->len = sizeof(address->v6);
    return read_port(text_sub(written, close + 2, written.len - close - 2), &address->v6.sin6_port);
}

static const char *read_v4(struct text written, struct address *address)
{
    size_t colon = text_find(written, ':');
    struct in6_addr unbracketed;
    if (parse_ip(AF_INET6, written, &unbracketed))
        return "an IPv6 address needs brackets and a port: [::1]:443";
    if (colon == written.len)
        return "the port is missing: write address:port";
    if (!parse_ip(AF_INET, text_sub(written, 0, colon), &address->v4.sin_addr))
        return "the host must be a literal IPv4 address, or an IPv6 address in brackets";
    address->v4.sin_family = AF_INET;
    address->len = sizeof(address->v4);
    return read_port(text_sub(written, colon + 1, written.len - colon - 1), &address->v4.sin_port);
}

static const char *read_local(struct text path, struct address *address)
{
    if (path.len == 0 || path.at[0] != '/')
        return "an absolute path must follow unix:";
    if (path.len > PATH_MAX_BYTES)
        return "the path of a Unix socket can have 107 bytes at most";
    if (text_find(path, '\0') != path.len)
        return "the path of a Unix socket must not contain NUL";
    address->local.sun_family = AF_UNIX;
    memcpy(address->local.sun_path, path.at, path.len);
    address->len = (socklen_t)(PATH_AT + path.len + 1);
    return NULL;
}

const char *address_read(struct text written, struct address *address)
{
    struct address read;
    const char *wrong;
    memset(&read, 0, sizeof(read));
    if (written.len == 0)
        wrong = "the address is empty";
    else if (text_starts(written, TEXT("unix:")))
        wrong = read_local(text_sub(written, 5, written.len - 5), &read);
    else if (written.at[0] == '[')
        wrong = read_v6(written, &read);
    else
        wrong = read_v4(written, &read);
    *address = read;
    if (wrong != NULL)
        address->len = 0;
    return wrong;
}

/* The path as the kernel reports it: without a terminator at times, empty for unnamed sockets. */
static struct text path_of(const struct address *address)
{
    size_t room = address->len > PATH_AT ? address->len - PATH_AT : 0;
    return (struct text){address->local.sun_path, strnlen(address->local.sun_path, room)};
}

static bool is_v4_mapped(const struct address *address)
{
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
}

static bool is_ip(const struct address *address)
{
    return address->len > 0 && (address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6);
}

/* Writes the IP and a NUL; returns how long it is. */
static size_t put_ip(const struct address *address, char *buffer)
{
    const void *ip = &address->v6.sin6_addr;
    if (address->any.sa_family == AF_INET)
        ip = &address->v4.sin_addr;
    if (inet_ntop(address->any.sa_family, ip, buffer, INET6_ADDRSTRLEN) == NULL)
        return 0;
    return strlen(buffer);
}

static struct text put_local(const struct address *address, char *buffer)
{
    struct text path = path_of(address);
    int len = snprintf(buffer, ADDRESS_TEXT_MAX, "unix:%.*s", TEXT_ARGS(path));
    return (struct text){buffer, (size_t)len};
}

struct text address_write(const struct address *address, char *buffer)
{
    bool bracketed = address->any.sa_family == AF_INET6;
    size_t at = 0;
    buffer[0] = '\0';
    if (address_is_unix(address))
        return put_local(address, buffer);
    if (!is_ip(address))
        return (struct text){buffer, 0};
    if (bracketed)
        buffer[at++] = '[';
    at += put_ip(address, buffer + at);
    int len =
        snprintf(buffer + at, ADDRESS_TEXT_MAX - at, "%s:%u", bracketed ? "]" : "", address_port(address));
    return (struct text){buffer, at + (size_t)len};
}

/* Clients of a dual-stack listener come as ::ffff:192.0.2.1; logs and forwarded fields want the IPv4
 * address. */
struct text address_write_ip(const struct address *address, char *buffer)
{
    size_t skip = is_v4_mapped(address) ? sizeof("::ffff:") - 1 : 0;
    buffer[0] = '\0';
    if (address_is_unix(address))
        return put_local(&(struct address){.local = {.sun_family = AF_UNIX}, .len = PATH_AT}, buffer);
    if (!is_ip(address))
        return (struct text){buffer, 0};
    size_t len = put_ip(address, buffer);
    return (struct text){buffer + skip, len - skip};
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->len == 0 || b->len == 0)
        return a->len == b->len;
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_UNIX)
        return text_equal(path_of(a), path_of(b));
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
           memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

unsigned address_port(const struct address *address)
{
    if (!is_ip(address))
        return 0;
    return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

bool address_is_any(const struct address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

bool address_is_loopback(const struct address *address)
{
    if (!is_ip(address))
        return false;
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (is_v4_mapped(address))
        return address->v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

bool address_is_unix(const struct address *address)
{
    return address->len > 0 && address->any.sa_family == AF_UNIX;
}
