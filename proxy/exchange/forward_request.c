/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/caching/caching.h"
#include "exchange/field_rules.h"
#include "exchange/forward_parts.h"
#include "exchange/rewrite.h"

/* What weir writes anew in requests. */
static const uint64_t rewritten = FIELD_BIT(HOST) | FIELD_BIT(VIA) | FIELD_BIT(FORWARDED) |
                                  FIELD_BIT(X_FORWARDED_FOR) | FIELD_BIT(X_FORWARDED_PROTO) |
                                  FIELD_BIT(X_FORWARDED_HOST) | FIELD_BIT(X_FORWARDED_PREFIX) |
                                  FIELD_BIT(X_REQUEST_ID) | FIELD_BIT(EARLY_DATA);

/* An element of RFC 7239; an IPv6 address and a host are quoted, since they aren't tokens. */
static struct text forwarded(const struct exchange *exchange, struct arena *arena)
{
    const struct caller *caller = exchange->caller;
    const struct text ip = caller_ip(caller);
    bool v6 = caller->has_ip && text_find(ip, ':') < ip.len;
    const struct text parts[] = {
        v6 ? TEXT("for=\"[") : TEXT("for="),
        caller->has_ip ? ip : TEXT("unknown"),
        v6 ? TEXT("]\";host=\"") : TEXT(";host=\""),
        exchange->down->head_in.authority,
        TEXT("\";proto="),
        exchange->front->scheme,
    };
    struct text element = TEXT_NONE;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!arena_append(arena, &element, parts[i].at, parts[i].len))
            return TEXT_NONE;
    return element;
}

/* Whether something can stand behind it: no quoted string and no comment is left open. */
static bool is_closed(struct text list)
{
    bool quoted = false;
    size_t depth = 0;
    for (size_t i = 0; i < list.len; i++) {
        char c = list.at[i];
        if (c == '\\' && (quoted || depth > 0))
            i++;
        else if (c == '"' && depth == 0)
            quoted = !quoted;
        else if (c == '(' && !quoted)
            depth++;
        else if (c == ')' && !quoted && depth > 0)
            depth--;
    }
    return !quoted && depth == 0;
}

/* Where the head is made. */
struct making {
    const struct exchange *exchange;
    struct arena *arena;
    struct fields *fields;
};

/* With what the client sent in front, since each hop adds itself; unless that would swallow what is added. */
static bool add_joined(const struct making *making, enum field_id id, struct text last)
{
    const struct fields *given = &making->exchange->down->head_in.fields;
    struct text value = fields_join(given, id, last, making->arena);
    if (last.at == NULL || value.at == NULL)
        return false;
    if (fields_have(given, id) && !is_closed(text_sub(value, 0, value.len - last.len)))
        value = last;
    return fields_add_known(making->fields, making->arena, id, value);
}

static bool add_known(const struct making *making, enum field_id id, struct text value)
{
    return fields_add_known(making->fields, making->arena, id, value);
}

/* The backend may refuse with 425 what could be a replay. Several of the client's or a proxy's, and those that say
 * anything else, mean the same as one that says 1 (RFC 8470 section 5.1). */
static bool add_early(const struct making *making)
{
    const struct head *in = &making->exchange->down->head_in;
    bool early = in->early || fields_have(&in->fields, FIELD_EARLY_DATA);
    return !early || add_known(making, FIELD_EARLY_DATA, TEXT("1"));
}

static bool add_forwarding(const struct making *making)
{
    const struct exchange *exchange = making->exchange;
    const struct head *in = &exchange->down->head_in;
    struct text prefix = rewrite_stripped(exchange);
    return add_joined(making, FIELD_VIA, forward_via(in)) &&
           add_joined(making, FIELD_X_FORWARDED_FOR, caller_ip(exchange->caller)) &&
           add_joined(making, FIELD_FORWARDED, forwarded(exchange, making->arena)) &&
           add_known(making, FIELD_X_FORWARDED_PROTO, exchange->front->scheme) &&
           add_known(making, FIELD_X_FORWARDED_HOST, in->authority) && add_early(making) &&
           (prefix.len == 0 || add_known(making, FIELD_X_FORWARDED_PREFIX, prefix)) &&
           add_known(making, FIELD_X_REQUEST_ID, exchange->request_id);
}

bool forward_head(const struct exchange *exchange, struct arena *arena, struct head *out)
{
    const struct head *in = &exchange->down->head_in;
    const struct making making = {exchange, arena, &out->fields};
    *out = (struct head){
        .method = in->method,
        .method_text = in->method_text,
        .path = rewrite_path(exchange, arena),
        .minor = 1,
        .upgrade = in->upgrade,
        .connect = in->connect,
        .trailers = in->trailers,
        .body = in->body,
        .length = in->length,
        .has_length = in->has_length,
    };
    const struct field_rules *rules = exchange->route->settings->request_fields;
    return out->path.at != NULL && message_forward_fields(&in->fields, &out->fields, arena, rewritten) &&
           add_forwarding(&making) && forward_upgrade(in, out, arena) &&
           (rules == NULL || field_rules_apply(rules, exchange, arena, &out->fields));
}

bool forward_request(struct exchange *exchange)
{
    struct head *out = &exchange->up->head_out;
    if (!forward_head(exchange, exchange->down->arena, out) || !caching_ask(exchange, out))
        return false;
    out->authority = rewrite_host(&exchange->route->settings->rewrite, exchange->down->head_in.authority,
                                  exchange->claim.endpoint);
    return true;
}
