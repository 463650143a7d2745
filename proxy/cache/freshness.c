/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/freshness.h"

#include "http/date.h"

enum { HEURISTIC_SHARE = 10, HEURISTIC_MAX = 24 * 60 * 60 };

bool status_is_heuristic(unsigned status)
{
    static const uint16_t statuses[] = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i] == status)
            return true;
    return false;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool date_of(const struct fields *fields, enum field_id id, int64_t now, int64_t *seconds)
{
    const struct field *field = fields_find(fields, id);
    return field != NULL && http_date_read(field->value, now, seconds);
}

/* The first value of the first line; what is no number says nothing. */
static int64_t age_value(const struct fields *fields)
{
    const struct field *field = fields_find(fields, FIELD_AGE);
    uint64_t age;
    if (field == NULL)
        return 0;
    struct text first = text_trim(text_sub(field->value, 0, text_find(field->value, ',')));
    if (text_to_number(first, (uint64_t)CACHE_SECONDS_MAX, &age))
        return (int64_t)age;
    for (size_t i = 0; i < first.len; i++)
        if (first.at[i] < '0' || first.at[i] > '9')
            return 0;
    return first.len > 0 ? CACHE_SECONDS_MAX : 0;
}

/* RFC 9111 section 4.2.3 */
static int64_t initial_age(const struct fields *fields, int64_t date, const struct cache_moment *moment)
{
    int64_t apparent = larger(0, moment->answered - date);
    return larger(apparent, age_value(fields) + moment->delay);
}

static int64_t heuristic_lifetime(const struct head *response, const struct cache_control *said, int64_t date)
{
    int64_t modified;
    bool may = status_is_heuristic(response->status) || (said->has & CACHE_PUBLIC) != 0;
    if (!may || !date_of(&response->fields, FIELD_LAST_MODIFIED, date, &modified) || modified >= date)
        return 0;
    int64_t share = (date - modified) / HEURISTIC_SHARE;
    return share < HEURISTIC_MAX ? share : HEURISTIC_MAX;
}

/* RFC 9111 section 4.2.1; CACHE_NONE: it says nothing. */
static int64_t explicit_lifetime(const struct fields *fields, const struct cache_control *control,
                                 bool targeted, int64_t date)
{
    int64_t expires;
    if (control->s_maxage != CACHE_NONE)
        return control->s_maxage;
    if (control->max_age != CACHE_NONE)
        return control->max_age;
    if (targeted || !fields_have(fields, FIELD_EXPIRES))
        return CACHE_NONE;
    return date_of(fields, FIELD_EXPIRES, date, &expires) ? larger(0, expires - date) : 0;
}

/* s-maxage forbids it too (RFC 9111 section 5.2.2.10), unless its author says in the same breath how stale is fine. */
static bool forbids_stale(const struct cache_control *control)
{
    bool allowed = control->stale_while_revalidate != CACHE_NONE || control->stale_if_error != CACHE_NONE;
    return (control->has & (CACHE_MUST_REVALIDATE | CACHE_PROXY_REVALIDATE)) != 0 ||
           (control->s_maxage != CACHE_NONE && !allowed);
}

/* Of what was never good for others without asking, the route's setting makes nothing that they get while it can't be. */
static int64_t stale_if_error(const struct cache_control *control, bool was_good,
                              const struct freshness_defaults *defaults)
{
    if (control->stale_if_error != CACHE_NONE)
        return control->stale_if_error;
    return was_good ? defaults->stale_if_error : 0;
}

void freshness_read(struct freshness *freshness, const struct head *response,
                    const struct cache_control *control, bool targeted, const struct cache_moment *moment,
                    const struct freshness_defaults *defaults)
{
    int64_t date = moment->answered;
    date_of(&response->fields, FIELD_DATE, moment->answered, &date);
    int64_t told = explicit_lifetime(&response->fields, control, targeted, date), lifetime = told;
    if (told == CACHE_NONE)
        lifetime = defaults->ttl > 0 ? defaults->ttl : heuristic_lifetime(response, control, date);
    *freshness = (struct freshness){
        .answered = moment->answered,
        .initial_age = initial_age(&response->fields, date, moment),
        .lifetime = lifetime,
        .stale_while_revalidate = larger(0, control->stale_while_revalidate),
        .stale_if_error = stale_if_error(control, told != CACHE_NONE || lifetime > 0, defaults),
        .no_cache = (control->has & CACHE_NO_CACHE) != 0,
        .must_revalidate = forbids_stale(control),
        .explicit_lifetime = told != CACHE_NONE,
    };
}

int64_t freshness_age(const struct freshness *freshness, int64_t now)
{
    int64_t age = freshness->initial_age + larger(0, now - freshness->answered);
    return age < CACHE_SECONDS_MAX ? age : CACHE_SECONDS_MAX;
}

/* Seconds behind the end of its lifetime; negative: it is fresh for so long. As the client wants it. */
static int64_t overdue(const struct freshness *freshness, const struct cache_control *request, int64_t now)
{
    int64_t age = freshness_age(freshness, now);
    int64_t lifetime = freshness->lifetime;
    if (request->max_age != CACHE_NONE && request->max_age < lifetime)
        lifetime = request->max_age;
    return age - lifetime + larger(0, request->min_fresh);
}

static bool client_takes(const struct cache_control *request, int64_t seconds)
{
    if ((request->has & CACHE_MAX_STALE_ANY) != 0 && request->max_stale == CACHE_NONE)
        return true;
    return request->max_stale != CACHE_NONE && seconds <= request->max_stale;
}

enum freshness_verdict freshness_judge(const struct freshness *freshness, const struct cache_control *request,
                                       int64_t now)
{
    int64_t late = overdue(freshness, request, now);
    if (freshness->no_cache || (request->has & CACHE_NO_CACHE) != 0)
        return FRESHNESS_STALE;
    if (late < 0)
        return FRESHNESS_FRESH;
    bool asks_for_fresh = request->max_age != CACHE_NONE || request->min_fresh != CACHE_NONE;
    if (freshness->must_revalidate)
        return FRESHNESS_STALE;
    if (client_takes(request, late))
        return FRESHNESS_FRESH;
    return !asks_for_fresh && late < freshness->stale_while_revalidate ? FRESHNESS_STALE_USABLE
                                                                       : FRESHNESS_STALE;
}

bool freshness_allows_on_error(const struct freshness *freshness, const struct cache_control *request,
                               int64_t now)
{
    int64_t late = freshness_age(freshness, now) - freshness->lifetime;
    int64_t span = larger(freshness->stale_if_error, request->stale_if_error);
    bool refused = freshness->no_cache || freshness->must_revalidate || (request->has & CACHE_NO_CACHE) != 0;
    return !refused && (late < 0 || late < span);
}
