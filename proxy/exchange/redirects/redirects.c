/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/redirects/redirects.h"

#include "exchange/redirects/putback.h"

static const uint64_t places = FIELD_BIT(LOCATION) | FIELD_BIT(CONTENT_LOCATION) | FIELD_BIT(REFRESH) |
                               FIELD_BIT(LINK) | FIELD_BIT(SET_COOKIE);

/* Appends what stands in value from there to the reference, and the public form in its place. */
static bool replace(struct arena *arena, struct text *out, struct text before,
                    const struct putback_parts *parts)
{
    if (!arena_append(arena, out, before.at, before.len))
        return false;
    for (size_t i = 0; i < PUTBACK_PARTS; i++)
        if (parts->at[i].len > 0 && !arena_append(arena, out, parts->at[i].at, parts->at[i].len))
            return false;
    return true;
}

static bool put_back_location(const struct putback *putback, struct text *value)
{
    struct putback_parts parts;
    struct text out = TEXT_NONE;
    if (!putback_reference(putback, *value, &parts))
        return true;
    if (!replace(putback->arena, &out, TEXT(""), &parts))
        return false;
    *value = out;
    return true;
}

/* The way browsers read "5; url='/a'" (the HTML standard, 4.2.5.3): where the URL begins and ends. Empty: there is
 * none. */
static struct text url_of_refresh(struct text value)
{
    size_t at = 0;
    while (at < value.len && value.at[at] != ';' && value.at[at] != ',')
        at++;
    struct text url =
        text_trim(text_sub(value, at < value.len ? at + 1 : at, value.len - at - (at < value.len)));
    size_t equals = text_find(url, '=');
    if (equals < url.len && text_equal_nocase(text_trim(text_sub(url, 0, equals)), TEXT("url")))
        url = text_trim(text_sub(url, equals + 1, url.len - equals - 1));
    if (url.len == 0 || (url.at[0] != '"' && url.at[0] != '\''))
        return url;
    const char quote = url.at[0];
    url = text_sub(url, 1, url.len - 1);
    return text_sub(url, 0, text_find(url, quote));
}

static bool put_back_refresh(const struct putback *putback, struct text *value)
{
    struct putback_parts parts;
    struct text out = TEXT_NONE, url = url_of_refresh(*value);
    if (!putback_reference(putback, url, &parts))
        return true;
    size_t at = (size_t)(url.at - value->at), end = at + url.len;
    if (!replace(putback->arena, &out, text_sub(*value, 0, at), &parts) ||
        !arena_append(putback->arena, &out, value->at + end, value->len - end))
        return false;
    *value = out;
    return true;
}

/* Where the next reference of a Link begins, from there on; value.len: nowhere. Quoted strings may have anything in
 * them (RFC 8288 section 3). */
static size_t next_reference(struct text value, size_t from)
{
    bool quoted = false;
    for (size_t i = from; i < value.len; i++) {
        if (value.at[i] == '\\' && quoted)
            i++;
        else if (value.at[i] == '"')
            quoted = !quoted;
        else if (value.at[i] == '<' && !quoted)
            return i + 1;
    }
    return value.len;
}

static bool put_back_link(const struct putback *putback, struct text *value)
{
    struct putback_parts parts;
    struct text out = TEXT_NONE;
    size_t done = 0, at = 0;
    while ((at = next_reference(*value, at)) < value->len) {
        struct text rest = text_sub(*value, at, value->len - at);
        struct text reference = text_sub(rest, 0, text_find(rest, '>'));
        if (reference.len < rest.len && putback_reference(putback, reference, &parts)) {
            if (!replace(putback->arena, &out, text_sub(*value, done, at - done), &parts))
                return false;
            done = at + reference.len;
        }
        at += reference.len;
    }
    if (done == 0)
        return true;
    if (!arena_append(putback->arena, &out, value->at + done, value->len - done))
        return false;
    *value = out;
    return true;
}

static bool put_back_field(const struct putback *putback, struct field *field)
{
    switch (field->id) {
    case FIELD_LOCATION:
    case FIELD_CONTENT_LOCATION:
        return put_back_location(putback, &field->value);
    case FIELD_REFRESH:
        return put_back_refresh(putback, &field->value);
    case FIELD_LINK:
        return put_back_link(putback, &field->value);
    case FIELD_SET_COOKIE:
        return redirects_put_back_cookie(putback, &field->value);
    default:
        return true;
    }
}

bool redirects_put_back(const struct exchange *exchange, struct fields *fields)
{
    struct putback putback;
    if ((fields->present & places) == 0 || exchange->up->session == NULL ||
        !exchange->route->settings->redirects.rewrite)
        return true;
    putback_of(exchange, &putback);
    for (unsigned i = 0; i < fields->count; i++)
        if (!put_back_field(&putback, &fields->at[i]))
            return false;
    return true;
}
