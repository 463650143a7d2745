/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/format.h"

#define CAP_FIRST 1024

void buffer_clear(struct buffer *buffer)
{
    if (!buffer->bounded)
        free(buffer->at);
    *buffer = BUFFER_EMPTY;
}

static bool grow(struct buffer *buffer, size_t len)
{
    size_t cap = buffer->cap == 0 ? CAP_FIRST : buffer->cap;
    if (buffer->bounded || len > SIZE_MAX / 4)
        return false;
    while (cap - buffer->len < len)
        cap *= 2;
    char *at = realloc(buffer->at, cap);
    if (at == NULL)
        return false;
    buffer->at = at;
    buffer->cap = cap;
    return true;
}

/* True when len bytes fit now. */
static bool has_room(struct buffer *buffer, size_t len)
{
    if (buffer->short_of_room)
        return false;
    if (len <= buffer->cap - buffer->len || grow(buffer, len))
        return true;
    buffer->short_of_room = true;
    return false;
}

void buffer_add(struct buffer *buffer, struct text t)
{
    bool was_short = buffer->short_of_room;
    if (t.len == 0 || was_short)
        return;
    if (!has_room(buffer, t.len))
        t.len = buffer->cap - buffer->len;
    if (t.len > 0)
        memcpy(buffer->at + buffer->len, t.at, t.len);
    buffer->len += t.len;
}

void buffer_byte(struct buffer *buffer, char byte)
{
    if (has_room(buffer, 1))
        buffer->at[buffer->len++] = byte;
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
    char digits[FORMAT_NUMBER_MAX];
    buffer_add(buffer, (struct text){digits, format_number(number, digits)});
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list list;
    char fixed[512];
    va_start(list, format);
    int len = vsnprintf(fixed, sizeof(fixed), format, list);
    va_end(list);
    if (len < 0)
        return;
    if ((size_t)len < sizeof(fixed)) {
        buffer_add(buffer, (struct text){fixed, (size_t)len});
        return;
    }
    char *large = malloc((size_t)len + 1);
    if (large == NULL) {
        buffer->short_of_room = true;
        return;
    }
    va_start(list, format);
    vsnprintf(large, (size_t)len + 1, format, list);
    va_end(list);
    buffer_add(buffer, (struct text){large, (size_t)len});
    free(large);
}
