/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc.h"

bool grpc_type_is(struct text type, struct text base, struct text *suffix)
{
    type = text_trim(text_sub(type, 0, text_find(type, ';')));
    if (!text_starts_nocase(type, base))
        return false;
    *suffix = text_sub(type, base.len, type.len - base.len);
    if (suffix->len == 0)
        return true;
    return suffix->len > 1 && suffix->at[0] == '+' && text_is_token(*suffix);
}

bool grpc_is(const struct head *head)
{
    struct text suffix;
    const struct field *type = fields_find(&head->fields, FIELD_CONTENT_TYPE);
    return type != NULL && !head->connect && grpc_type_is(type->value, TEXT("application/grpc"), &suffix);
}

/* Nanoseconds; 0 when it is no unit. */
static uint64_t timeout_unit(char c)
{
    switch (c) {
    case 'H':
        return 3600ull * 1000 * 1000 * 1000;
    case 'M':
        return 60ull * 1000 * 1000 * 1000;
    case 'S':
        return 1000ull * 1000 * 1000;
    case 'm':
        return 1000ull * 1000;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool grpc_timeout_read(struct text value, uint64_t *ms)
{
    enum { DIGITS_MAX = 8, NS_PER_MS = 1000 * 1000 };
    uint64_t number;
    if (value.len < 2 || value.len > DIGITS_MAX + 1)
        return false;
    uint64_t unit = timeout_unit(value.at[value.len - 1]);
    if (unit == 0 || !text_to_number(text_sub(value, 0, value.len - 1), UINT64_MAX, &number))
        return false;
    /* In ns, 8 digits of hours would not fit. */
    *ms = unit >= NS_PER_MS ? number * (unit / NS_PER_MS) : (number * unit + NS_PER_MS - 1) / NS_PER_MS;
    return true;
}

enum grpc_status grpc_status_of_http(unsigned status)
{
    static const struct {
        uint16_t http, grpc;
    } pairs[] = {
        {400, GRPC_INTERNAL},           {401, GRPC_UNAUTHENTICATED},   {403, GRPC_PERMISSION_DENIED},
        {404, GRPC_UNIMPLEMENTED},      {408, GRPC_DEADLINE_EXCEEDED}, {413, GRPC_RESOURCE_EXHAUSTED},
        {414, GRPC_RESOURCE_EXHAUSTED}, {429, GRPC_UNAVAILABLE},       {431, GRPC_RESOURCE_EXHAUSTED},
        {499, GRPC_CANCELLED},          {500, GRPC_INTERNAL},          {501, GRPC_UNIMPLEMENTED},
        {502, GRPC_UNAVAILABLE},        {503, GRPC_UNAVAILABLE},       {504, GRPC_DEADLINE_EXCEEDED}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].http == status)
            return pairs[i].grpc;
    return GRPC_UNKNOWN;
}

static bool stays_in_message(struct text message, size_t i)
{
    char c = message.at[i];
    if (c == ' ')
        return i > 0 && i + 1 < message.len;
    return c > ' ' && c <= '~' && c != '%';
}

static char *write_percent(char *at, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    *at++ = '%';
    *at++ = hex[c >> 4];
    *at++ = hex[c & 15];
    return at;
}

struct text grpc_message_encode(struct text message, struct arena *arena)
{
    size_t len = 0;
    for (size_t i = 0; i < message.len; i++)
        len += stays_in_message(message, i) ? 1 : 3;
    char *out = arena_take(arena, len + 1); /* + 1: an empty one lies somewhere too */
    if (out == NULL)
        return TEXT_NONE;
    char *at = out;
    for (size_t i = 0; i < message.len; i++) {
        if (stays_in_message(message, i))
            *at++ = message.at[i];
        else
            at = write_percent(at, (unsigned char)message.at[i]);
    }
    return (struct text){out, len};
}
