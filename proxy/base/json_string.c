/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_string.h"

#include "base/utf8.h"

static const char broken[] = "a string that is not closed";
static const char escape[] = "an escape that JSON does not have";

static void take(struct text *rest, size_t len)
{
    *rest = text_sub(*rest, len, rest->len - len);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits. */
static bool take_unit(struct text *rest, uint32_t *unit)
{
    *unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < rest->len ? hex_digit(rest->at[i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit * 16 + (uint32_t)digit;
    }
    take(rest, 4);
    return true;
}

/* Beyond U+FFFF two units of UTF-16 are written one behind the other; one of them alone is no character. */
static bool take_code_point(struct text *rest, uint32_t *point)
{
    uint32_t low;
    if (!take_unit(rest, point) || (*point >= 0xdc00 && *point <= 0xdfff))
        return false;
    if (*point < 0xd800 || *point > 0xdfff)
        return true;
    if (!text_starts(*rest, TEXT("\\u")))
        return false;
    take(rest, 2);
    if (!take_unit(rest, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static size_t encode(uint32_t point, char *out)
{
    static const unsigned char firsts[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(firsts[len] | point);
    return len;
}

/* Behind a backslash; 0 when it isn't one of JSON's. */
static size_t take_escape(struct text *rest, char *out)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint32_t point;
    if (rest->len == 0)
        return 0;
    char name = rest->at[0];
    take(rest, 1);
    if (name == 'u')
        return take_code_point(rest, &point) ? encode(point, out) : 0;
    const char *found = name != '\0' ? strchr(names, name) : NULL;
    if (found == NULL)
        return 0;
    *out = meant[found - names];
    return 1;
}

/* Bytes up to the next quote or backslash, or at least one character of them. */
static size_t plain_length(struct text rest)
{
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '"' && rest.at[len] != '\\') {
        size_t more = utf8_length(text_sub(rest, len, rest.len - len));
        if (more == 0 || (unsigned char)rest.at[len] < 0x20)
            break;
        len += more;
    }
    return len;
}

/* One run of plain characters, or one escape. An escape is never shorter than what it stands for, so out has room. */
static const char *take_piece(struct text *rest, char *out, size_t *len)
{
    size_t plain = plain_length(*rest);
    if (plain > 0) {
        memcpy(out + *len, rest->at, plain);
        take(rest, plain);
        *len += plain;
        return NULL;
    }
    if (rest->at[0] != '\\')
        return "a control character, or bytes that are not UTF-8, in a string";
    take(rest, 1);
    size_t more = take_escape(rest, out + *len);
    *len += more;
    return more > 0 ? NULL : escape;
}

/* The bytes up to the closing quote; rest.len when there is none. */
static size_t written_length(struct text rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] == '"')
            return i;
        if (rest.at[i] == '\\')
            i++;
    }
    return rest.len;
}

const char *json_take_string(struct arena *arena, struct text *rest, struct text *out)
{
    take(rest, 1);
    size_t written = written_length(*rest), len = 0;
    if (written == rest->len)
        return broken;
    char *at = arena_take(arena, written + 1);
    if (at == NULL)
        return "more than there is memory for";
    for (struct text inside = text_sub(*rest, 0, written); inside.len > 0;) {
        const char *problem = take_piece(&inside, at, &len);
        if (problem != NULL)
            return problem;
    }
    take(rest, written + 1);
    at[len] = '\0';
    *out = (struct text){at, len};
    return NULL;
}

static size_t digits(struct text t, size_t from)
{
    size_t len = 0;
    while (from + len < t.len && t.at[from + len] >= '0' && t.at[from + len] <= '9')
        len++;
    return len;
}

/* The character at a position; NUL behind the end. */
static char look(struct text t, size_t at)
{
    return at < t.len ? t.at[at] : '\0';
}

/* RFC 8259 section 6: [-] int [frac] [exp] */
bool json_take_number(struct text *rest, struct text *out)
{
    size_t at = look(*rest, 0) == '-', more = digits(*rest, at);
    if (more == 0 || (more > 1 && rest->at[at] == '0'))
        return false;
    at += more;
    if (look(*rest, at) == '.') {
        more = digits(*rest, at + 1);
        at += 1 + more;
    }
    if (more > 0 && (look(*rest, at) == 'e' || look(*rest, at) == 'E')) {
        at += 1 + (look(*rest, at + 1) == '+' || look(*rest, at + 1) == '-');
        more = digits(*rest, at);
        at += more;
    }
    *out = text_sub(*rest, 0, at < rest->len ? at : rest->len);
    take(rest, out->len);
    return more > 0;
}
