/* SPDX-License-Identifier: Apache-2.0 */
/* The part of buffer.h that writes JSON strings (RFC 8259 section 7). */
#include <stdio.h>

#include "base/buffer.h"
#include "base/utf8.h"

#define REPLACEMENT TEXT("\xef\xbf\xbd")

static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Adds the whole of t or nothing. */
static void add_whole(struct buffer *buffer, struct text t)
{
    if (buffer->bounded && buffer->cap - buffer->len < t.len)
        buffer->short_of_room = true;
    buffer_add(buffer, t);
}

static void add_escape(struct buffer *buffer, unsigned char code)
{
    char escape[8] = {'\\', short_escape(code)};
    size_t len = 2;
    if (escape[1] == '\0')
        len = (size_t)snprintf(escape, sizeof(escape), "\\u%04x", code);
    add_whole(buffer, (struct text){escape, len});
}

/* Adds the character at the front of t, which isn't plain; returns how many bytes that were. C1 controls
 * are U+0080 to U+009F, and their second byte is that number. */
static size_t add_special(struct buffer *buffer, struct text t)
{
    size_t len = utf8_length(t);
    if (len == 0)
        add_whole(buffer, REPLACEMENT);
    else if (len == 1 || utf8_is_control(t, len))
        add_escape(buffer, (unsigned char)t.at[len - 1]);
    else
        add_whole(buffer, text_sub(t, 0, len));
    return len == 0 ? 1 : len;
}

void buffer_json_escape(struct buffer *buffer, struct text t)
{
    size_t at = 0;
    while (at < t.len && !buffer->short_of_room) {
        size_t from = at;
        while (at < t.len && is_plain((unsigned char)t.at[at]))
            at++;
        buffer_add(buffer, text_sub(t, from, at - from));
        if (at < t.len)
            at += add_special(buffer, text_sub(t, at, t.len - at));
    }
}

void buffer_json_string(struct buffer *buffer, struct text t)
{
    buffer_byte(buffer, '"');
    buffer_json_escape(buffer, t);
    buffer_byte(buffer, '"');
}
