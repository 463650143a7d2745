/* SPDX-License-Identifier: Apache-2.0 */
/* What a cache reads of heads: lines of a request, an empty line, lines of a response. */
#include "base/format.h"
#include "base/panic.h"
#include "cache/policy.h"
#include "cache/range.h"
#include "http/date.h"

enum { NOW = 1795392000, STEPS = 8 };

static struct text take_line(struct text *rest)
{
    struct text line = text_sub(*rest, 0, text_find(*rest, '\n'));
    size_t taken = line.len < rest->len ? line.len + 1 : line.len;
    *rest = text_sub(*rest, taken, rest->len - taken);
    return line;
}

static struct fields read_fields(struct text *rest, struct arena *arena)
{
    struct fields fields = {0};
    while (rest->len > 0) {
        struct text line = take_line(rest);
        size_t colon = text_find(line, ':');
        if (line.len == 0)
            break;
        struct text name = text_sub(line, 0, colon);
        struct text value =
            colon < line.len ? text_trim(text_sub(line, colon + 1, line.len - colon - 1)) : TEXT("");
        if (text_is_token(name) && text_is_field_value(value))
            fields_add(&fields, arena, name, value);
    }
    return fields;
}

static void check_dates(const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++) {
        int64_t seconds, again;
        char room[FORMAT_HTTP_DATE_MAX];
        if (!http_date_read(fields->at[i].value, NOW, &seconds) || seconds < 0)
            continue;
        ASSERT(seconds < 253402300800 + 1);
        struct text written = {room, format_http_date(seconds, room)};
        ASSERT(http_date_read(written, NOW, &again) && again == seconds);
    }
}

/* What is stale does not become fresh again. */
static void check_judgement(const struct freshness *freshness, const struct cache_control *asked)
{
    enum freshness_verdict last = FRESHNESS_FRESH;
    int64_t step = 1;
    for (int i = 0; i < STEPS; i++, step *= 30) {
        enum freshness_verdict verdict = freshness_judge(freshness, asked, NOW + step);
        ASSERT(verdict >= last);
        last = verdict;
        int64_t age = freshness_age(freshness, NOW + step);
        ASSERT(age >= 0 && age <= CACHE_SECONDS_MAX);
    }
    bool insists = (asked->has & CACHE_NO_CACHE) != 0 || freshness->no_cache;
    ASSERT(!insists || freshness_judge(freshness, asked, NOW) == FRESHNESS_STALE);
}

static void check_ranges(const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++)
        for (uint64_t length = 0; length < 1000; length = length * 3 + 1) {
            struct byte_ranges ranges;
            bool asked = ranges_read(fields->at[i].value, length, &ranges);
            for (size_t n = 0; asked && n < ranges.count; n++) {
                const struct byte_range *range = &ranges.at[n];
                ASSERT(range->count > 0 && range->first < length && range->count <= length - range->first);
            }
        }
}

static void check_storing(const struct head *request, const struct head *response, struct arena *arena)
{
    static const struct freshness_defaults defaults = {.ttl = 5};
    const struct cache_moment moment = {NOW, 0};
    struct cache_control asked, said;
    struct freshness freshness;
    cache_control_read(&asked, &request->fields);
    bool targeted = cache_control_read_targeted(&said, &response->fields);
    if (!targeted)
        cache_control_read(&said, &response->fields);
    freshness_read(&freshness, response, &said, targeted, &moment, &defaults);
    ASSERT(freshness.lifetime >= 0 && freshness.initial_age >= 0);
    check_judgement(&freshness, &asked);
    if (policy_may_store(request, response, &said, &freshness))
        ASSERT((said.has & CACHE_PRIVATE) == 0 && (asked.has & CACHE_NO_STORE) == 0);
    struct text variant = policy_variant(&response->fields, &request->fields, false, arena);
    struct text again = policy_variant(&response->fields, &request->fields, false, arena);
    ASSERT((variant.at == NULL) == (again.at == NULL) && (variant.at == NULL || text_equal(variant, again)));
    (void)policy_client_has_it(&request->fields, &response->fields, NOW);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    if (len > 8192)
        return 0;
    struct text rest = {(const char *)bytes, len};
    arena_init(&arena, 1 << 20);
    struct head request = {.method = METHOD_GET}, response = {.status = 200};
    request.fields = read_fields(&rest, &arena);
    response.fields = read_fields(&rest, &arena);
    check_dates(&response.fields);
    check_ranges(&request.fields);
    check_storing(&request, &response, &arena);
    arena_clear(&arena);
    return 0;
}
