/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/url.h"

static struct text cut(struct text *rest, char end)
{
    size_t len = text_find(*rest, end);
    struct text part = text_sub(*rest, 0, len);
    *rest = text_sub(*rest, len, rest->len - len);
    return part;
}

bool cache_url_read(struct cache_url *url, struct text text)
{
    struct text *parts = url->parts;
    parts[CACHE_URL_SCHEME] = cut(&text, ':');
    if (!text_starts(text, TEXT("://")))
        return false;
    text = text_sub(text, 3, text.len - 3);
    struct text before_query = cut(&text, '?');
    parts[CACHE_URL_QUERY] = text;
    parts[CACHE_URL_HOST] = cut(&before_query, '/');
    parts[CACHE_URL_PATH] = before_query;
    return true;
}

static bool is_keyed(cache_url_keyed keyed, int part)
{
    return (keyed >> part & 1) != 0;
}

/* Of the first count parts. */
static bool equal(const struct cache_url *url, const struct cache_url *other, cache_url_keyed keyed,
                  int count)
{
    for (int part = 0; part < count; part++)
        if (is_keyed(keyed, part) && !text_equal(url->parts[part], other->parts[part]))
            return false;
    return true;
}

bool cache_url_equal(const struct cache_url *url, const struct cache_url *other, cache_url_keyed keyed)
{
    return equal(url, other, keyed, CACHE_URL_PARTS);
}

bool cache_url_starts(const struct cache_url *url, const struct cache_url *prefix, cache_url_keyed keyed)
{
    int last = CACHE_URL_QUERY;
    while (last > CACHE_URL_HOST && prefix->parts[last].len == 0)
        last--;
    return equal(url, prefix, keyed, last) &&
           (!is_keyed(keyed, last) || text_starts(url->parts[last], prefix->parts[last]));
}
