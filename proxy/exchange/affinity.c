/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/affinity.h"

#include <inttypes.h>

#include "http/cookie.h"

enum { ID_DIGITS = 16 };

/* The same in all workers and replicas, so no secret: who may choose what is hashed may choose the endpoint anyway. */
static const uint64_t seed = 0x77656972;

static struct text field_value(const struct exchange *exchange, struct text name)
{
    const struct field *field = fields_find_name(&exchange->down->head_in.fields, name);
    return field != NULL ? field->value : TEXT_NONE;
}

static struct text cookie_value(const struct exchange *exchange, struct text name)
{
    struct text value;
    return cookie_find(&exchange->down->head_in.fields, name, &value) ? value : TEXT_NONE;
}

/* Empty: this request doesn't have it. */
static struct text hashed(const struct exchange *exchange, const struct cluster_settings *settings)
{
    switch (settings->hash_on.source) {
    case HASH_HOST:
        return exchange->host;
    case HASH_PATH:
        return exchange->path;
    case HASH_HEADER:
        return field_value(exchange, settings->hash_on.name);
    case HASH_COOKIE:
        return cookie_value(exchange, settings->hash_on.name);
    case HASH_CLIENT_IP:
        break;
    }
    return exchange->caller->has_ip ? caller_ip(exchange->caller) : TEXT_NONE;
}

/* Requests that lack it are spread: they don't all go to one endpoint. */
static uint64_t hash_of(const struct exchange *exchange, const struct cluster_settings *settings)
{
    struct text text = hashed(exchange, settings);
    return text.len > 0 ? text_hash(text, seed) : lane_random(exchange->lane);
}

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0 when it is no id: then the cookie counts for nothing. */
static uint64_t read_id(struct text written)
{
    uint64_t id = 0;
    if (written.len != ID_DIGITS)
        return 0;
    for (size_t i = 0; i < ID_DIGITS; i++) {
        int digit = digit_value(written.at[i]);
        if (digit < 0)
            return 0;
        id = id << 4 | (unsigned)digit;
    }
    return id;
}

void affinity_ask(const struct exchange *exchange, const struct cluster_settings *settings,
                  struct claim *claim)
{
    if (settings->balance == BALANCE_RING_HASH || settings->balance == BALANCE_MAGLEV)
        claim->hash = hash_of(exchange, settings);
    if (settings->sticky.cookie.len > 0)
        claim->pinned = read_id(cookie_value(exchange, settings->sticky.cookie));
}

/* A cookie without Max-Age lasts as long as the browser runs. */
static struct text write_age(const struct exchange *exchange, uint64_t ttl)
{
    if (ttl == 0)
        return TEXT("");
    return arena_format(exchange->down->arena, "; Max-Age=%" PRIu64, (ttl + 999) / 1000);
}

bool affinity_tell(const struct exchange *exchange, struct fields *fields)
{
    struct arena *arena = exchange->down->arena;
    const struct claim *claim = &exchange->claim;
    const struct sticky_settings *sticky = &upstream_settings(claim->upstream)->sticky;
    if (sticky->cookie.len == 0 || claim->pinned == claim->endpoint->id)
        return true;
    struct text age = write_age(exchange, sticky->ttl);
    if (age.at == NULL)
        return false;
    bool secure = text_equal(exchange->front->scheme, TEXT("https"));
    struct text value = arena_format(arena, "%.*s=%016" PRIx64 "; Path=/%.*s; HttpOnly; SameSite=Lax%s",
                                     TEXT_ARGS(sticky->cookie), claim->endpoint->id, TEXT_ARGS(age),
                                     secure ? "; Secure" : "");
    return value.at != NULL && fields_add(fields, arena, TEXT("Set-Cookie"), value);
}
