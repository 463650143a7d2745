/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/forms.h"

#include "exchange/template.h"
#include "http/message.h"
#include "http/target.h"

#define NAME_MAX_BYTES 128
#define HOST_MAX_BYTES 253
#define LABEL_MAX_BYTES 63

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static bool consists_of(struct text t, const char *others)
{
    for (size_t i = 0; i < t.len; i++)
        if (!is_alphanumeric(t.at[i]) && (t.at[i] == '\0' || strchr(others, t.at[i]) == NULL))
            return false;
    return t.len > 0;
}

/* Nothing that ends a line or a string early. */
static bool is_one_line(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (((unsigned char)t.at[i] < 0x20 && t.at[i] != '\t') || t.at[i] == 0x7f)
            return false;
    return true;
}

const char *form_name(struct text written)
{
    bool fine = consists_of(written, "._-:/@") && written.len <= NAME_MAX_BYTES;
    return fine ? NULL : "a name of letters, digits and . _ - : / @, 128 at most";
}

const char *form_not_empty(struct text written)
{
    return written.len > 0 && text_find(written, '\0') == written.len ? NULL : "a value that is not empty";
}

const char *form_file(struct text written)
{
    return form_not_empty(written) == NULL ? NULL : "the name of a file";
}

static bool is_ipv6_host(struct text host)
{
    struct address address;
    char with_port[80];
    if (host.len < 4 || host.len > sizeof with_port - 4 || host.at[0] != '[')
        return false;
    memcpy(with_port, host.at, host.len);
    memcpy(with_port + host.len, ":1", 2);
    return address_read((struct text){with_port, host.len + 2}, &address) == NULL;
}

static bool are_labels(struct text host)
{
    struct text label;
    while (text_split(&host, '.', &label))
        if (label.len > LABEL_MAX_BYTES || !consists_of(label, "-_"))
            return false;
    return true;
}

const char *form_host(struct text written)
{
    struct text host = written;
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    if (is_ipv6_host(host))
        return NULL;
    if (text_starts(host, TEXT("*.")))
        host = text_sub(host, 2, host.len - 2);
    if (host.len > 0 && host.len <= HOST_MAX_BYTES && are_labels(host))
        return NULL;
    return text_find(written, ':') < written.len
               ? "a host name without scheme and port, such as example.com or *.example.com"
               : "a host name such as example.com or *.example.com";
}

const char *form_host_name(struct text written)
{
    bool fine = form_host(written) == NULL && !text_starts(written, TEXT("*"));
    return fine ? NULL : "a host name such as weir.example.com, without scheme, port and *";
}

const char *form_path(struct text written)
{
    bool fine = text_starts(written, TEXT("/")) && is_one_line(written) &&
                text_find(written, '?') == written.len && text_find(written, '#') == written.len &&
                text_find(written, ' ') == written.len;
    return fine ? NULL : "a path that begins with '/', without query and spaces";
}

const char *form_read_address(struct text written, struct address *address)
{
    char literal[32];
    if (!text_starts(written, TEXT("localhost:")) || written.len > 20)
        return address_read(written, address);
    memcpy(literal, "127.0.0.1", 9);
    memcpy(literal + 9, written.at + 9, written.len - 9);
    return address_read((struct text){literal, written.len}, address);
}

const char *form_listen(struct text written)
{
    struct address address;
    if (form_read_address(written, &address) == NULL)
        return NULL;
    return "an address and port such as 0.0.0.0:8080, [::]:8080 or unix:/run/app.sock";
}

static bool has_host_name(struct text written)
{
    size_t colon = text_find(written, ':');
    struct text host = text_sub(written, 0, colon);
    bool letters = false;
    for (size_t i = 0; i < host.len; i++)
        letters = letters || (ascii_lower(host.at[i]) >= 'a' && ascii_lower(host.at[i]) <= 'z');
    return letters && consists_of(host, ".-_") && !text_equal(host, TEXT("unix"));
}

const char *form_endpoint(struct text written)
{
    struct address address;
    bool fine = form_read_address(written, &address) == NULL;
    if (fine && (address_is_unix(&address) || address_port(&address) != 0))
        return NULL;
    if (!fine && has_host_name(written) && text_find(written, '/') == written.len)
        return "an IP address: names are resolved by discover: {dns: NAME:PORT}";
    return "an address and port such as 127.0.0.1:9001, [::1]:9001 or unix:/run/app.sock";
}

const char *form_redirect(struct text written)
{
    bool leads = text_starts(written, TEXT("/")) || text_contains(written, TEXT("://"));
    if (!leads || !is_one_line(written) || text_find(written, ' ') < written.len)
        return "a URL without spaces, such as \"https://example.com{path}{query}\"";
    return template_check(written);
}

const char *form_rewrite_host(struct text written)
{
    return authority_is_valid(written) ? NULL : "preserve, upstream, or a host such as app.internal:8080";
}

const char *form_field_name(struct text written)
{
    return consists_of(written, "!#$%&'*+-.^_`|~") ? NULL : "the name of a header field";
}

const char *form_media_range(struct text written)
{
    size_t slash = text_find(written, '/');
    struct text type = text_sub(written, 0, slash), subtype = TEXT_NONE;
    if (slash < written.len)
        subtype = text_sub(written, slash + 1, written.len - slash - 1);
    bool fine = form_field_name(type) == NULL && text_find(type, '*') == type.len &&
                form_field_name(subtype) == NULL &&
                (text_find(subtype, '*') == subtype.len || text_equal(subtype, TEXT("*")));
    return fine ? NULL : "a media type such as text/html, or text/* for all of its kind";
}

const char *form_field_value(struct text written)
{
    bool fine = is_one_line(written) && text_equal(text_trim(written), written);
    return fine ? NULL : "a field value: one line, no space around it";
}

/* RFC 8288 section 3, as far as a slip shows. */
const char *form_link(struct text written)
{
    size_t end = text_find(written, '>');
    bool fine = is_one_line(written) && text_starts(written, TEXT("<")) && end < written.len &&
                (end + 1 == written.len || written.at[end + 1] == ';');
    return fine ? NULL : "the value of a Link field: </app.css>; rel=preload; as=style";
}

const char *form_field_template(struct text written)
{
    const char *wrong = form_field_value(written);
    return wrong != NULL ? wrong : template_check(written);
}

/* As backends may read it: some take a '_' for a '-'. */
static enum field_id known_field(struct text name)
{
    enum field_id id = field_id_of(name);
    if (id == FIELD_OTHER)
        (void)message_is_twin_name(name, &id);
    return id;
}

const char *form_respond_field(struct text written)
{
    static const uint64_t framing = FIELD_BIT(CONTENT_LENGTH) | FIELD_BIT(TRANSFER_ENCODING) |
                                    FIELD_BIT(CONNECTION) | FIELD_BIT(KEEP_ALIVE) |
                                    FIELD_BIT(PROXY_CONNECTION) | FIELD_BIT(UPGRADE) |
                                    FIELD_BIT(HTTP2_SETTINGS) | FIELD_BIT(TRAILER) | FIELD_BIT(TE);
    if ((framing & (1ull << known_field(written))) != 0)
        return "another field: weir sets this one itself, for it belongs to the connection or the framing";
    return form_field_name(written);
}

const char *form_request_field(struct text written)
{
    if (known_field(written) == FIELD_HOST)
        return "another field: the Host is rewritten by rewrite.host";
    return form_respond_field(written);
}
