/* SPDX-License-Identifier: Apache-2.0 */
#include "http/target.h"

static bool is_unreserved(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Copies one character or escape of path at i to out; answers how many bytes of path it took, 0 when malformed. */
static size_t copy_one(struct text path, size_t i, char **out)
{
    static const char digits[] = "0123456789ABCDEF";
    char c = path.at[i];
    if (c != '%') {
        *(*out)++ = c;
        return (unsigned char)c > 0x20 && c != 0x7f && c != '\\' ? 1 : 0;
    }
    int high = i + 2 < path.len ? ascii_hex_value(path.at[i + 1]) : -1;
    int low = high >= 0 ? ascii_hex_value(path.at[i + 2]) : -1;
    int value = high * 16 + low;
    if (high < 0 || low < 0 || value == 0)
        return 0;
    if (is_unreserved(value)) {
        *(*out)++ = (char)value;
    } else {
        *(*out)++ = '%';
        *(*out)++ = digits[high];
        *(*out)++ = digits[low];
    }
    return 3;
}

/* The length of a separator at the front that some servers see and others don't: %2F, %5C or ';'; 0: none. */
static size_t hidden_separator(struct text t)
{
    if (t.at[0] == ';')
        return 1;
    struct text escape = text_sub(t, 0, t.len < 3 ? t.len : 3);
    return text_equal(escape, TEXT("%2F")) || text_equal(escape, TEXT("%5C")) ? 3 : 0;
}

static bool is_dots(struct text t)
{
    return text_equal(t, TEXT(".")) || text_equal(t, TEXT(".."));
}

/* A dot segment that only some servers would see, as in "..%2F" or "..;". */
static bool hides_dots(struct text segment)
{
    size_t from = 0;
    for (size_t i = 0; i < segment.len;) {
        size_t separator = hidden_separator(text_sub(segment, i, segment.len - i));
        if (separator > 0 && is_dots(text_sub(segment, from, i - from)))
            return true;
        i += separator > 0 ? separator : 1;
        from = separator > 0 ? i : from;
    }
    return from > 0 && is_dots(text_sub(segment, from, segment.len - from));
}

/* RFC 3986 section 5.2.4 on a path that begins with '/', in place, empty segments dropped too. False when a "..", or
 * what could be read as one, leaves the root or follows an empty segment: which one it takes away is read in two ways. */
static bool remove_dots(char *path, size_t *len)
{
    size_t kept = 0;
    bool after_empty = false;
    for (size_t i = 0; i < *len;) {
        size_t end = i + 1;
        while (end < *len && path[end] != '/')
            end++;
        struct text segment = {path + i + 1, end - i - 1};
        bool last = end == *len;
        if (text_equal(segment, TEXT(".."))) {
            if (kept == 0 || after_empty)
                return false;
            while (path[--kept] != '/')
                ;
        } else if (hides_dots(segment)) {
            return false;
        } else if (segment.len > 0 && !text_equal(segment, TEXT("."))) {
            memmove(path + kept, path + i, end - i);
            kept += end - i;
            i = end;
            after_empty = false;
            continue;
        }
        after_empty = after_empty || segment.len == 0;
        if (last)
            path[kept++] = '/';
        i = end;
    }
    *len = kept;
    return true;
}

bool target_normalize_path(struct text path, char *out, size_t *out_len)
{
    char *at = out;
    if (path.len == 0 || path.at[0] != '/')
        return false;
    for (size_t i = 0; i < path.len;) {
        size_t took = copy_one(path, i, &at);
        if (took == 0)
            return false;
        i += took;
    }
    *out_len = (size_t)(at - out);
    return remove_dots(out, out_len);
}

void target_split(struct text path_and_query, struct text *path, struct text *query)
{
    size_t at = text_find(path_and_query, '?');
    *path = text_sub(path_and_query, 0, at);
    *query =
        at < path_and_query.len ? text_sub(path_and_query, at + 1, path_and_query.len - at - 1) : TEXT_NONE;
}

/* reg-name of RFC 3986 section 3.2.2, a character or an escape at i. */
static bool is_host_part(struct text host, size_t i)
{
    char c = host.at[i];
    if (c == '%')
        return i + 2 < host.len && ascii_hex_value(host.at[i + 1]) >= 0 &&
               ascii_hex_value(host.at[i + 2]) >= 0;
    return is_unreserved((unsigned char)c) || (c != 0 && strchr("!$&'()*+,;=", c) != NULL);
}

static bool is_port(struct text port)
{
    uint64_t number;
    return port.len == 0 || text_to_number(port, 65535, &number);
}

static bool is_bracketed(struct text authority)
{
    size_t close = text_find(authority, ']');
    if (close == authority.len || close < 3)
        return false;
    for (size_t i = 1; i < close; i++)
        if (ascii_hex_value(authority.at[i]) < 0 && authority.at[i] != ':' && authority.at[i] != '.')
            return false;
    if (close + 1 == authority.len)
        return true;
    return authority.at[close + 1] == ':' &&
           is_port(text_sub(authority, close + 2, authority.len - close - 2));
}

bool authority_is_valid(struct text authority)
{
    if (authority.len == 0)
        return false;
    if (authority.at[0] == '[')
        return is_bracketed(authority);
    size_t colon = text_find(authority, ':');
    for (size_t i = 0; i < colon; i++)
        if (!is_host_part(text_sub(authority, 0, colon), i))
            return false;
    if (colon == authority.len)
        return true;
    return colon > 0 && is_port(text_sub(authority, colon + 1, authority.len - colon - 1));
}

struct text authority_host(struct text authority)
{
    size_t end = authority.len > 0 && authority.at[0] == '[' ? text_find(authority, ']') + 1
                                                             : text_find(authority, ':');
    struct text host = text_sub(authority, 0, end < authority.len ? end : authority.len);
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

unsigned authority_port(struct text authority, unsigned missing)
{
    uint64_t port;
    size_t from = authority.len > 0 && authority.at[0] == '[' ? text_find(authority, ']') : 0;
    struct text rest = text_sub(authority, from, authority.len - from);
    size_t colon = text_find(rest, ':');
    if (colon == rest.len || !text_to_number(text_sub(rest, colon + 1, rest.len - colon - 1), 65535, &port))
        return missing;
    return (unsigned)port;
}

/* RFC 9112 section 3.2.2: scheme and authority come from the target, Host is ignored. */
static const struct fault *read_absolute(struct head *head)
{
    size_t colon = text_find(head->target, ':');
    struct text scheme = text_sub(head->target, 0, colon);
    struct text rest = text_sub(head->target, colon, head->target.len - colon);
    bool known = text_equal_nocase(scheme, TEXT("http")) || text_equal_nocase(scheme, TEXT("https"));
    if (!known || !text_starts(rest, TEXT("://")))
        return FAULT(bad_request);
    rest = text_sub(rest, 3, rest.len - 3);
    size_t slash = 0;
    while (slash < rest.len && rest.at[slash] != '/' && rest.at[slash] != '?')
        slash++;
    head->scheme = scheme;
    head->authority = text_sub(rest, 0, slash);
    head->path = slash < rest.len ? text_sub(rest, slash, rest.len - slash) : TEXT("/");
    if (head->path.at[0] != '/')
        return FAULT(bad_request);
    return authority_is_valid(head->authority) ? NULL : FAULT(bad_host);
}

/* RFC 9112 section 3.2: exactly one Host in HTTP/1.1, at most one before; its value is valid or empty. */
static const struct fault *read_host(struct head *head, bool may_lack)
{
    unsigned count = fields_count(&head->fields, FIELD_HOST);
    if (count > 1 || (count == 0 && !may_lack))
        return FAULT(bad_host);
    if (count == 0)
        return NULL;
    struct text host = fields_find(&head->fields, FIELD_HOST)->value;
    if (host.len > 0 && !authority_is_valid(host))
        return FAULT(bad_host);
    if (head->authority.len == 0)
        head->authority = host;
    return NULL;
}

/* No byte that would end the target in HTTP/1, and none beyond ASCII (RFC 3986 section 2): which characters those are is
 * anybody's guess. Nor a fragment. */
static bool is_written_well(struct text target)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.at[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return false;
    }
    return target.len > 0;
}

const struct fault *target_read(struct head *head)
{
    const struct fault *fault = NULL;
    bool may_lack_host = head->minor == 0 || head->authority.len > 0; /* HTTP/1.0, or :authority */
    if (!is_written_well(head->target))
        return FAULT(bad_request);
    if (head->method == METHOD_CONNECT)
        return FAULT(not_implemented);
    if (head->target.at[0] == '/')
        head->path = head->target;
    else if (text_equal(head->target, TEXT("*")) && head->method == METHOD_OPTIONS)
        head->path = head->target;
    else
        fault = read_absolute(head);
    return fault != NULL ? fault : read_host(head, may_lack_host);
}
