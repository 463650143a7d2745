/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/match.h"

#include "http/query.h"

size_t match_count(const struct match_settings *match)
{
    return (match->method_count > 0) + match->header_count + match->query_count;
}

static bool has_method(const struct match_settings *match, struct text method)
{
    for (size_t i = 0; i < match->method_count; i++)
        if (text_equal(match->methods[i], method))
            return true;
    return match->method_count == 0;
}

/* Takes a line, as fields_join would write it, off the front of what is left of the list. */
static bool take_line(struct text *rest, struct text line, bool first)
{
    if (line.len == 0)
        return true;
    if (!first && !text_starts(*rest, TEXT(", ")))
        return false;
    size_t skip = first ? 0 : 2;
    *rest = text_sub(*rest, skip, rest->len - skip);
    if (!text_starts(*rest, line))
        return false;
    *rest = text_sub(*rest, line.len, rest->len - line.len);
    return true;
}

static bool has_header(const struct fields *fields, const struct header_setting *header)
{
    struct text rest = header->value;
    bool seen = false, joins = true;
    for (unsigned i = 0; i < fields->count; i++) {
        if (!text_equal_nocase(fields->at[i].name, header->name))
            continue;
        struct text line = fields->at[i].value;
        if (text_equal(line, header->value))
            return true;
        joins = joins && take_line(&rest, line, rest.len == header->value.len);
        seen = true;
    }
    return seen && joins && rest.len == 0;
}

enum match_part match_unmet(const struct match_settings *match, const struct route_ask *ask,
                            const struct header_setting **which)
{
    if (!has_method(match, ask->method))
        return MATCH_METHOD;
    for (size_t i = 0; i < match->header_count; i++) {
        *which = &match->headers[i];
        if (!has_header(ask->fields, *which))
            return MATCH_HEADER;
    }
    for (size_t i = 0; i < match->query_count; i++) {
        *which = &match->queries[i];
        if (!query_has(ask->query, (*which)->name, (*which)->value))
            return MATCH_QUERY;
    }
    return MATCH_ALL;
}
