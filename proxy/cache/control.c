/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/control.h"

#include <stddef.h>

struct directive {
    struct text name;
    unsigned flag;    /* 0: a number is what counts */
    size_t number_at; /* in struct cache_control */
};

#define FLAG(name, flag) {{(name), sizeof(name) - 1}, (flag), 0}
#define NUMBER(name, member) {{(name), sizeof(name) - 1}, 0, offsetof(struct cache_control, member)}

static const struct directive directives[] = {
    FLAG("no-store", CACHE_NO_STORE),
    FLAG("no-cache", CACHE_NO_CACHE),
    FLAG("private", CACHE_PRIVATE),
    FLAG("public", CACHE_PUBLIC),
    FLAG("must-revalidate", CACHE_MUST_REVALIDATE),
    FLAG("proxy-revalidate", CACHE_PROXY_REVALIDATE),
    FLAG("must-understand", CACHE_MUST_UNDERSTAND),
    FLAG("immutable", CACHE_IMMUTABLE),
    FLAG("no-transform", CACHE_NO_TRANSFORM),
    FLAG("only-if-cached", CACHE_ONLY_IF_CACHED),
    NUMBER("max-age", max_age),
    NUMBER("s-maxage", s_maxage),
    NUMBER("stale-while-revalidate", stale_while_revalidate),
    NUMBER("stale-if-error", stale_if_error),
    NUMBER("min-fresh", min_fresh),
    NUMBER("max-stale", max_stale),
};

static const struct directive *find(struct text name)
{
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (text_equal_nocase(name, directives[i].name))
            return &directives[i];
    return NULL;
}

static bool is_digits(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
    return t.len > 0;
}

/* Delta-seconds; what is no number is 0, what is too large is as good as forever. */
static int64_t seconds_of(struct text value)
{
    uint64_t number;
    if (!is_digits(value))
        return 0;
    return text_to_number(value, (uint64_t)CACHE_SECONDS_MAX, &number) ? (int64_t)number : CACHE_SECONDS_MAX;
}

/* max-stale alone widens when it grows, so that its smaller value is the stricter one as well. */
static void set_number(struct cache_control *control, const struct directive *directive, int64_t seconds)
{
    int64_t *number = (int64_t *)(void *)((char *)control + directive->number_at);
    bool larger_is_stricter = number == &control->min_fresh;
    if (*number == CACHE_NONE || (larger_is_stricter ? seconds > *number : seconds < *number))
        *number = seconds;
}

static struct text unquote(struct text value)
{
    bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';
    return quoted ? text_sub(value, 1, value.len - 2) : value;
}

static void take(struct cache_control *control, struct text element)
{
    size_t equals = text_find(element, '=');
    const struct directive *directive = find(text_sub(element, 0, equals));
    control->said = true;
    if (directive == NULL)
        return;
    if (directive->flag != 0)
        control->has |= directive->flag;
    else if (equals < element.len)
        set_number(control, directive,
                   seconds_of(unquote(text_sub(element, equals + 1, element.len - equals - 1))));
    else if (directive->number_at == offsetof(struct cache_control, max_stale))
        control->has |= CACHE_MAX_STALE_ANY;
    else
        set_number(control, directive, 0);
}

static void clear(struct cache_control *control)
{
    *control = (struct cache_control){.max_age = CACHE_NONE,
                                      .s_maxage = CACHE_NONE,
                                      .stale_while_revalidate = CACHE_NONE,
                                      .stale_if_error = CACHE_NONE,
                                      .min_fresh = CACHE_NONE,
                                      .max_stale = CACHE_NONE};
}

void cache_control_read(struct cache_control *control, const struct fields *fields)
{
    clear(control);
    bool found = fields_have(fields, FIELD_CACHE_CONTROL);
    for (unsigned i = 0; found && i < fields->count; i++) {
        struct text rest = fields->at[i].value;
        if (fields->at[i].id == FIELD_CACHE_CONTROL)
            for (struct text element; text_list_next(&rest, &element);)
                take(control, element);
    }
    if (!found && fields_list_has(fields, FIELD_PRAGMA, TEXT("no-cache")))
        control->has |= CACHE_NO_CACHE;
}

/* Structured fields (RFC 9651), as far as they matter here: a dictionary of integers, booleans, tokens and strings. */

static bool is_key_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '*';
}

static bool is_key(struct text t)
{
    if (t.len == 0 || !is_key_start(t.at[0]))
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (!is_key_start(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static bool is_string(struct text t)
{
    if (t.len < 2 || t.at[0] != '"' || t.at[t.len - 1] != '"')
        return false;
    size_t i = 1;
    while (i + 1 < t.len && t.at[i] != '"')
        i += t.at[i] == '\\' ? 2 : 1;
    return i + 1 == t.len;
}

/* An item; integers have at most 15 digits. */
static bool is_item(struct text t, bool *is_integer)
{
    struct text digits = t.len > 0 && t.at[0] == '-' ? text_sub(t, 1, t.len - 1) : t;
    *is_integer = is_digits(digits) && digits.len <= 15;
    if (*is_integer || is_string(t) || text_equal(t, TEXT("?1")) || text_equal(t, TEXT("?0")))
        return true;
    bool starts = t.len > 0 && ((t.at[0] >= 'a' && t.at[0] <= 'z') || (t.at[0] >= 'A' && t.at[0] <= 'Z'));
    return starts && text_is_token(t);
}

/* key, key=item; parameters behind them are not looked at. */
static bool take_member(struct cache_control *control, struct text element)
{
    struct text member = text_trim(text_sub(element, 0, text_find(element, ';')));
    size_t equals = text_find(member, '=');
    struct text key = text_sub(member, 0, equals);
    const struct directive *directive = find(key);
    bool is_integer = false, bare = equals == member.len;
    struct text value = bare ? TEXT("?1") : text_sub(member, equals + 1, member.len - equals - 1);
    if (!is_key(key) || !is_item(value, &is_integer))
        return false;
    control->said = true;
    if (directive == NULL)
        return true;
    if (directive->flag != 0 && text_equal(value, TEXT("?0")))
        control->has &= ~directive->flag;
    else if (directive->flag != 0)
        control->has |= directive->flag;
    else if (is_integer)
        *(int64_t *)(void *)((char *)control + directive->number_at) = seconds_of(value);
    return true;
}

bool cache_control_read_targeted(struct cache_control *control, const struct fields *fields)
{
    clear(control);
    if (!fields_have(fields, FIELD_CDN_CACHE_CONTROL))
        return false;
    for (unsigned i = 0; i < fields->count; i++) {
        struct text rest = fields->at[i].value;
        if (fields->at[i].id == FIELD_CDN_CACHE_CONTROL)
            for (struct text element; text_list_next(&rest, &element);)
                if (!take_member(control, element))
                    return false;
    }
    return control->said;
}
