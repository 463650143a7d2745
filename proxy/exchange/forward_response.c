/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/affinity.h"
#include "exchange/caching/caching.h"
#include "exchange/field_rules.h"
#include "exchange/forward_parts.h"
#include "exchange/redirects/redirects.h"

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
        fields_join(&exchange->up->head_in.fields, FIELD_VIA, forward_via(&exchange->up->head_in), arena);
    return value.at != NULL && fields_add_known(fields, arena, FIELD_VIA, value);
}

/* Of every answer of the route: a field that is there for safety must not be missing on an error page. */
static bool apply_rules(struct exchange *exchange, struct fields *fields)
{
    const struct route_settings *settings = exchange->route->settings;
    return settings == NULL || settings->response_fields == NULL ||
           field_rules_apply(settings->response_fields, exchange, exchange->down->arena, fields);
}

bool forward_response(struct exchange *exchange)
{
    const struct head *in = &exchange->up->head_in;
    struct head *out = &exchange->down->head_out;
    struct arena *arena = exchange->down->arena;
    bool to_head = exchange->down->head_in.method == METHOD_HEAD;
    bool fetched = exchange->claim.stream != NULL;
    bool own = !fetched && !caching_serves(exchange);
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
           (own || add_via(exchange, &out->fields)) && (!fetched || affinity_tell(exchange, &out->fields)) &&
           caching_tell(exchange, &out->fields) && add_date(exchange, &out->fields) &&
           forward_upgrade(in, out, arena) && apply_rules(exchange, &out->fields);
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
        if (goes == NULL || !redirects_put_back(exchange, &came->head.fields) ||
            !message_forward_fields(&came->head.fields, &goes->head.fields, arena, 0))
            return false;
        goes->head.status = came->head.status;
        goes->head.reason = came->head.reason;
        stream_send_interim(exchange->down, goes);
    }
    return true;
}
