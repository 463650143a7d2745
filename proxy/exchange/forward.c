/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/forward.h"

#include "base/format.h"
#include "http/message.h"

enum { REQUEST_ID_MAX = 128 };

/* What weir writes anew in requests. */
static const uint64_t rewritten = FIELD_BIT(HOST) | FIELD_BIT(VIA) | FIELD_BIT(FORWARDED) |
                                  FIELD_BIT(X_FORWARDED_FOR) | FIELD_BIT(X_FORWARDED_PROTO) |
                                  FIELD_BIT(X_FORWARDED_HOST) | FIELD_BIT(X_REQUEST_ID);

static bool is_sane_id(struct text id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.at[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ',' || c == ';')
            return false;
    }
    return id.len > 0 && id.len <= REQUEST_ID_MAX;
}

/* splitmix64: unique enough to find a request in logs; nothing secret depends on it. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct text new_id(struct exchange *exchange)
{
    static const char digits[] = "0123456789abcdef";
    char *id = arena_take(exchange->down->arena, 32);
    if (id == NULL)
        return TEXT_NONE;
    for (int half = 0; half < 2; half++) {
        uint64_t bits = next_random(&exchange->lane->request_ids);
        for (int i = 0; i < 16; i++, bits >>= 4)
            id[half * 16 + i] = digits[bits & 15];
    }
    return (struct text){id, 32};
}

bool forward_name_request(struct exchange *exchange)
{
    const struct field *given = fields_find(&exchange->down->head_in.fields, FIELD_X_REQUEST_ID);
    if (given != NULL && is_sane_id(given->value))
        exchange->request_id = given->value;
    else
        exchange->request_id = new_id(exchange);
    return exchange->request_id.at != NULL;
}

static struct text via(const struct head *head)
{
    return head->minor == 0 ? TEXT("1.0 weir") : TEXT("1.1 weir");
}

/* An element of RFC 7239; an IPv6 address and a host are quoted, since they aren't tokens. */
static struct text forwarded(struct exchange *exchange)
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
        if (!arena_append(exchange->down->arena, &element, parts[i].at, parts[i].len))
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

/* With what the client sent in front, since each hop adds itself; unless that would swallow what is added. */
static bool add_joined(struct exchange *exchange, enum field_id id, struct text last)
{
    struct arena *arena = exchange->down->arena;
    const struct fields *given = &exchange->down->head_in.fields;
    struct text value = fields_join(given, id, last, arena);
    if (last.at == NULL || value.at == NULL)
        return false;
    if (fields_have(given, id) && !is_closed(text_sub(value, 0, value.len - last.len)))
        value = last;
    return fields_add_known(&exchange->up->head_out.fields, arena, id, value);
}

static bool add_forwarding(struct exchange *exchange)
{
    struct arena *arena = exchange->down->arena;
    struct fields *fields = &exchange->up->head_out.fields;
    const struct head *in = &exchange->down->head_in;
    return add_joined(exchange, FIELD_VIA, via(in)) &&
           add_joined(exchange, FIELD_X_FORWARDED_FOR, caller_ip(exchange->caller)) &&
           add_joined(exchange, FIELD_FORWARDED, forwarded(exchange)) &&
           fields_add_known(fields, arena, FIELD_X_FORWARDED_PROTO, exchange->front->scheme) &&
           fields_add_known(fields, arena, FIELD_X_FORWARDED_HOST, in->authority) &&
           fields_add_known(fields, arena, FIELD_X_REQUEST_ID, exchange->request_id);
}

static bool add_upgrade(const struct head *in, struct head *out, struct arena *arena)
{
    const struct field *upgrade = out->upgrade ? fields_find(&in->fields, FIELD_UPGRADE) : NULL;
    return upgrade == NULL || fields_push(&out->fields, arena, upgrade);
}

bool forward_request(struct exchange *exchange)
{
    const struct head *in = &exchange->down->head_in;
    struct head *out = &exchange->up->head_out;
    struct arena *arena = exchange->down->arena;
    *out = (struct head){
        .method = in->method,
        .method_text = in->method_text,
        .authority = in->authority.len > 0 ? in->authority : exchange->claim.endpoint->name,
        .path = in->path,
        .minor = 1,
        .upgrade = in->upgrade,
        .trailers = in->trailers,
        .body = in->body,
        .length = in->length,
        .has_length = in->has_length,
    };
    return message_forward_fields(&in->fields, &out->fields, arena, rewritten) && add_forwarding(exchange) &&
           add_upgrade(in, out, arena);
}

static bool add_date(struct exchange *exchange, struct fields *fields)
{
    struct arena *arena = exchange->down->arena;
    if (fields_have(fields, FIELD_DATE))
        return true;
    struct text date = arena_copy(arena, lane_date(exchange->lane));
    return date.at != NULL && fields_add_known(fields, arena, FIELD_DATE, date);
}

static bool add_via(struct exchange *exchange, struct fields *fields)
{
    struct arena *arena = exchange->down->arena;
    struct text value =
        fields_join(&exchange->up->head_in.fields, FIELD_VIA, via(&exchange->up->head_in), arena);
    return value.at != NULL && fields_add_known(fields, arena, FIELD_VIA, value);
}

bool forward_response(struct exchange *exchange)
{
    const struct head *in = &exchange->up->head_in;
    struct head *out = &exchange->down->head_out;
    struct arena *arena = exchange->down->arena;
    bool to_head = exchange->down->head_in.method == METHOD_HEAD;
    bool own = exchange->up->session == NULL;
    *out = (struct head){
        .status = in->status,
        .reason = in->reason,
        .minor = 1,
        .upgrade = in->status == 101,
        .body = to_head ? BODY_NONE : in->body,
        .length = in->length,
        .has_length = in->has_length,
    };
    return message_forward_fields(&in->fields, &out->fields, arena, own ? 0 : FIELD_BIT(VIA)) &&
           (own || add_via(exchange, &out->fields)) && add_date(exchange, &out->fields) &&
           add_upgrade(in, out, arena);
}

static bool may_pass(const struct exchange *exchange, unsigned status)
{
    return status != 100 || fields_have(&exchange->down->head_in.fields, FIELD_EXPECT);
}

bool forward_interims(struct exchange *exchange)
{
    struct arena *arena = exchange->down->arena;
    for (struct interim *came; (came = exchange->up->interim_in) != NULL;) {
        exchange->up->interim_in = came->next;
        if (!may_pass(exchange, came->head.status))
            continue;
        struct interim *goes = arena_take_zeroed(arena, sizeof *goes);
        if (goes == NULL || !message_forward_fields(&came->head.fields, &goes->head.fields, arena, 0))
            return false;
        goes->head.status = came->head.status;
        goes->head.reason = came->head.reason;
        stream_send_interim(exchange->down, goes);
    }
    return true;
}
