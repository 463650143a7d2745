/* SPDX-License-Identifier: Apache-2.0 */
#include "http/date.h"

enum { DAY = 24 * 60 * 60, YEAR_MAX = 9999, YEARS_AHEAD = 50 };

struct parts {
    uint64_t year, day, hour, minute, second;
    unsigned month; /* 0 to 11 */
};

static bool take_number(struct text *rest, size_t digits, uint64_t *number)
{
    if (rest->len < digits || !text_to_number(text_sub(*rest, 0, digits), YEAR_MAX, number))
        return false;
    *rest = text_sub(*rest, digits, rest->len - digits);
    return true;
}

static bool take(struct text *rest, struct text wanted)
{
    if (!text_starts(*rest, wanted))
        return false;
    *rest = text_sub(*rest, wanted.len, rest->len - wanted.len);
    return true;
}

/* In any case (RFC 9111 section 4.2). */
static bool take_month(struct text *rest, unsigned *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (*month = 0; *month < 12; ++*month)
        if (text_starts_nocase(*rest, (struct text){names + 3 * (size_t)*month, 3})) {
            *rest = text_sub(*rest, 3, rest->len - 3);
            return true;
        }
    return false;
}

static bool take_time(struct text *rest, struct parts *parts)
{
    return take_number(rest, 2, &parts->hour) && take(rest, TEXT(":")) &&
           take_number(rest, 2, &parts->minute) && take(rest, TEXT(":")) &&
           take_number(rest, 2, &parts->second);
}

/* 06 Nov 1994 08:49:37 GMT */
static bool read_fixed(struct text rest, struct parts *parts)
{
    return take_number(&rest, 2, &parts->day) && take(&rest, TEXT(" ")) && take_month(&rest, &parts->month) &&
           take(&rest, TEXT(" ")) && take_number(&rest, 4, &parts->year) && take(&rest, TEXT(" ")) &&
           take_time(&rest, parts) && text_equal_nocase(rest, TEXT(" GMT"));
}

/* 06-Nov-94 08:49:37 GMT */
static bool read_rfc850(struct text rest, struct parts *parts)
{
    return take_number(&rest, 2, &parts->day) && take(&rest, TEXT("-")) && take_month(&rest, &parts->month) &&
           take(&rest, TEXT("-")) && take_number(&rest, 2, &parts->year) && take(&rest, TEXT(" ")) &&
           take_time(&rest, parts) && text_equal_nocase(rest, TEXT(" GMT"));
}

/* Nov  6 08:49:37 1994 */
static bool read_asctime(struct text rest, struct parts *parts)
{
    if (!take_month(&rest, &parts->month) || !take(&rest, TEXT(" ")))
        return false;
    size_t digits = take(&rest, TEXT(" ")) ? 1 : 2;
    return take_number(&rest, digits, &parts->day) && take(&rest, TEXT(" ")) && take_time(&rest, parts) &&
           take(&rest, TEXT(" ")) && take_number(&rest, 4, &parts->year) && rest.len == 0;
}

static bool is_leap(uint64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint64_t days_of(const struct parts *parts)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[parts->month] + (parts->month == 1 && is_leap(parts->year) ? 1u : 0u);
}

/* Second 60 is a leap second. */
static bool is_sound(const struct parts *parts)
{
    return parts->year >= 1 && parts->day >= 1 && parts->day <= days_of(parts) && parts->hour < 24 &&
           parts->minute < 60 && parts->second <= 60;
}

/* Days from 1970-01-01 in the Gregorian calendar. */
static int64_t days_since_epoch(const struct parts *parts)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t past = (int64_t)parts->year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;
    return days + before[parts->month] + (parts->month > 1 && is_leap(parts->year) ? 1 : 0) +
           (int64_t)parts->day - 1;
}

static int64_t seconds_of(const struct parts *parts)
{
    return days_since_epoch(parts) * DAY + (int64_t)(parts->hour * 3600 + parts->minute * 60 + parts->second);
}

/* A year of two digits. */
static void place_in_century(struct parts *parts, int64_t now)
{
    uint64_t this_year = 1970 + (uint64_t)(now < 0 ? 0 : now) / (365 * DAY + DAY / 4);
    parts->year += this_year - this_year % 100;
    if (parts->year > this_year + YEARS_AHEAD)
        parts->year -= 100;
}

bool http_date_read(struct text t, int64_t now, int64_t *seconds)
{
    struct parts parts = {0};
    size_t comma = text_find(t, ',');
    size_t space = text_find(t, ' ');
    if (space == t.len)
        return false;
    struct text rest = text_sub(t, space + 1, t.len - space - 1);
    bool fine = comma == 3          ? read_fixed(rest, &parts)
                : comma + 1 < space ? false
                : comma < t.len     ? read_rfc850(rest, &parts)
                                    : read_asctime(rest, &parts);
    if (fine && comma != 3 && comma < t.len)
        place_in_century(&parts, now);
    if (!fine || !is_sound(&parts))
        return false;
    *seconds = seconds_of(&parts);
    return true;
}
