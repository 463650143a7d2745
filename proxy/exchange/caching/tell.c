/* SPDX-License-Identifier: Apache-2.0 */
/* What the client is told of the cache. */
#include "base/format.h"
#include "exchange/caching/parts.h"

bool caching_serves(const struct exchange *exchange)
{
    return exchange->caching != NULL && exchange->caching->served != NULL;
}

/* The words, and the number behind them. */
static struct text with_number(struct arena *arena, struct text words, int64_t number)
{
    char digits[FORMAT_NUMBER_MAX + 1] = "-";
    bool negative = number < 0;
    size_t len = format_number((uint64_t)(negative ? -number : number), digits + 1);
    char *at = arena_take(arena, words.len + len + 1);
    if (at == NULL)
        return TEXT_NONE;
    memcpy(at, words.at, words.len);
    memcpy(at + words.len, digits + !negative, len + negative);
    return (struct text){at, words.len + len + negative};
}

static bool is_fresh(const struct cache_object *object)
{
    const struct freshness freshness = cache_object_freshness(object);
    return !freshness.no_cache && freshness_age(&freshness, caching_now()) < freshness.lifetime;
}

/* Why the backend is asked (RFC 9211 section 2.2). */
static const char *reason(const struct exchange *exchange)
{
    const struct caching *caching = exchange->caching;
    enum method method = exchange->down->head_in.method;
    if (caching->outcome == CACHE_bypass)
        return method == METHOD_GET || method == METHOD_HEAD ? "bypass" : "method";
    if (caching->failed)
        return "stale";
    if (caching->found == NULL)
        return caching->varies ? "vary-miss" : "uri-miss";
    return is_fresh(caching->found) ? "request" : "stale";
}

/* RFC 9211 */
static struct text status_text(const struct exchange *exchange, struct arena *arena)
{
    const struct caching *caching = exchange->caching;
    const char *forwarded = reason(exchange);
    bool collapsed = caching->outcome == CACHE_collapsed || caching->waiter.end == FLIGHT_FAILED;
    const struct cache_object *served = caching->fetched == 0 ? caching->served : NULL;
    if (served != NULL && caching->outcome != CACHE_collapsed && !caching->failed) {
        const struct freshness freshness = cache_object_freshness(served);
        int64_t left = freshness.lifetime - freshness_age(&freshness, caching_now());
        return with_number(arena, TEXT("weir; hit; ttl="), left);
    }
    if (caching->fetched == 0)
        return arena_format(arena, "weir; fwd=%s%s", forwarded, collapsed ? "; collapsed" : "");
    return arena_format(arena, "weir; fwd=%s; fwd-status=%u%s", forwarded, caching->fetched,
                        caching->stores ? "; stored" : "");
}

/* What just came from the backend has an age too, when it was stored on the way. */
static bool add_age(const struct exchange *exchange, struct fields *fields)
{
    const struct caching *caching = exchange->caching;
    int64_t age = freshness_age(&caching->served->freshness, caching_now());
    if (age == 0 && caching->outcome == CACHE_miss)
        return true;
    struct text text = with_number(exchange->down->arena, TEXT(""), age);
    return text.at != NULL && fields_add(fields, exchange->down->arena, TEXT("Age"), text);
}

bool caching_tell(struct exchange *exchange, struct fields *fields)
{
    struct caching *caching = exchange->caching;
    struct arena *arena = exchange->down->arena;
    if (caching == NULL)
        return true;
    bool told = caching->served == NULL || add_age(exchange, fields);
    if (told && caching_settings(exchange)->tells_status) {
        struct text status = status_text(exchange, arena);
        told = status.at != NULL && fields_add(fields, arena, TEXT("Cache-Status"), status);
    }
    cache_object_unref(caching->served); /* who reads it has it */
    caching->served = NULL;
    return told;
}
