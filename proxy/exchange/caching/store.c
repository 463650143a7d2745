/* SPDX-License-Identifier: Apache-2.0 */
/* Which answers may be stored: what the backend was told goes beyond what the client sent, and so does what the client is
 * told, by what weir fills in for each. That is in no key and in no variant. */
#include "exchange/caching/parts.h"
#include "exchange/field_rules.h"

static bool has_part(const struct exchange *exchange, enum cache_key_part part)
{
    const struct cache_settings *settings = caching_settings(exchange);
    for (size_t i = 0; i < settings->key_count; i++)
        if (settings->key[i].part == part)
            return true;
    return false;
}

/* Whether the backend gets another value of it for each client, and the client's own doesn't tell which. */
static bool is_filled_in(const struct exchange *exchange, struct text name)
{
    static const uint64_t own = FIELD_BIT(VIA) | FIELD_BIT(FORWARDED) | FIELD_BIT(X_FORWARDED_FOR) |
                                FIELD_BIT(X_FORWARDED_PREFIX) | FIELD_BIT(X_REQUEST_ID);
    enum field_id id = field_id_of(name);
    if (field_rules_fill_in(exchange->route->settings->request_fields, name))
        return true;
    if (id == FIELD_HOST || id == FIELD_X_FORWARDED_HOST)
        return !has_part(exchange, CACHE_KEY_HOST);
    if (id == FIELD_X_FORWARDED_PROTO)
        return !has_part(exchange, CACHE_KEY_SCHEME);
    return (own & 1ull << id) != 0;
}

static bool varies_by_it(const struct exchange *exchange, const struct fields *answer)
{
    for (unsigned i = 0; fields_have(answer, FIELD_VARY) && i < answer->count; i++) {
        struct text rest = answer->at[i].value;
        if (answer->at[i].id == FIELD_VARY)
            for (struct text name; text_list_next(&rest, &name);)
                if (is_filled_in(exchange, name))
                    return true;
    }
    return false;
}

/* Scheme and host that the client asked by are put into these. */
static bool tells_address(const struct exchange *exchange, const struct fields *answer)
{
    static const uint64_t places = FIELD_BIT(LOCATION) | FIELD_BIT(CONTENT_LOCATION) | FIELD_BIT(REFRESH) |
                                   FIELD_BIT(LINK) | FIELD_BIT(SET_COOKIE);
    return (answer->present & places) != 0 && exchange->route->settings->redirects.rewrite &&
           !(has_part(exchange, CACHE_KEY_HOST) && has_part(exchange, CACHE_KEY_SCHEME));
}

bool caching_may_store(const struct exchange *exchange, const struct head *answer,
                       const struct cache_control *said, const struct freshness *freshness)
{
    const struct field_rules *rules = exchange->route->settings->request_fields;
    return policy_may_store(&exchange->down->head_in, answer, said, freshness) &&
           (policy_shares(said) || !field_rules_fill_in(rules, TEXT("Authorization"))) &&
           !varies_by_it(exchange, &answer->fields) && !tells_address(exchange, &answer->fields);
}
