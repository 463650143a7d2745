/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of what DNS is asked for, and of whom. Nothing is resolved here. */
#include <stdio.h>

#include "conf/forms.h"

/* RFC 1035 section 2.3.4; names are written without their length bytes. */
enum { LABEL_MAX_BYTES = 63, NAME_MAX_BYTES = 253 };

static bool is_label(struct text label)
{
    for (size_t i = 0; i < label.len; i++) {
        char c = ascii_lower(label.at[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
            return false;
    }
    return label.len > 0 && label.len <= LABEL_MAX_BYTES;
}

/* A dot at the end says that no search domain is to be tried. */
static bool is_name(struct text name)
{
    struct text label;
    if (name.len > 1 && name.at[name.len - 1] == '.')
        name.len--;
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    while (text_split(&name, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

const char *form_host_port(struct text written)
{
    size_t colon = text_find(written, ':');
    uint64_t port;
    bool fine = is_name(text_sub(written, 0, colon));
    if (fine && colon < written.len)
        fine =
            text_to_number(text_sub(written, colon + 1, written.len - colon - 1), 65535, &port) && port > 0;
    return fine ? NULL : "a host name, and a port unless srv is given: app.default.svc:80";
}

const char *form_service(struct text written)
{
    bool fine = text_starts(written, TEXT("_")) && is_name(written);
    return fine ? NULL : "the name of a service: _http._tcp, or with more behind it: _http._tcp.app";
}

const char *form_read_dns_server(struct text written, struct address *address)
{
    char whole[80];
    const char *wrong = form_read_address(written, address);
    if (wrong == NULL || written.len == 0 || written.len > 64)
        return wrong;
    size_t colon = text_find(written, ':');
    bool bracketed = written.at[0] == '[';
    int len = snprintf(whole, sizeof whole, colon < written.len && !bracketed ? "[%.*s]:53" : "%.*s:53",
                       TEXT_ARGS(written));
    return address_read((struct text){whole, (size_t)len}, address) == NULL ? NULL : wrong;
}

const char *form_dns_server(struct text written)
{
    struct address address;
    bool fine = form_read_dns_server(written, &address) == NULL && !address_is_unix(&address) &&
                address_port(&address) != 0;
    return fine ? NULL : "the IP address of a DNS server, such as 10.0.0.2, 127.0.0.1:53 or [::1]:53";
}
