/* SPDX-License-Identifier: Apache-2.0 */
#include "base/format.h"

#define DAY_SECONDS 86400
#define LAST_SECOND INT64_C(253402300799) /* the end of the year 9999 */

struct moment {
    unsigned year, month, day; /* month and day from 1 */
    unsigned weekday;          /* 0 is Sunday */
    unsigned hour, minute, second;
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekday_names[] = "SunMonTueWedThuFriSat";

size_t format_number(uint64_t number, char *out)
{
    char digits[FORMAT_NUMBER_MAX];
    size_t len = 0;
    do {
        digits[sizeof(digits) - ++len] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(out, digits + sizeof(digits) - len, len);
    return len;
}

size_t format_hex(uint64_t number, char *out)
{
    size_t len = 1;
    while (len < 16 && number >> (4 * len) != 0)
        len++;
    for (size_t i = 0; i < len; i++)
        out[i] = "0123456789abcdef"[number >> (4 * (len - 1 - i)) & 15];
    return len;
}

/* The calendar day from days since the epoch, by eras of 400 years that begin in March, as leap days then
 * come last (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void set_date(struct moment *m, unsigned days)
{
    unsigned shifted = days + 719468;
    unsigned era = shifted / 146097;
    unsigned day_of_era = shifted % 146097;
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    m->day = day_of_year - (153 * march_month + 2) / 5 + 1;
    m->month = march_month < 10 ? march_month + 3 : march_month - 9;
    m->year = year_of_era + era * 400 + (m->month <= 2);
    m->weekday = (days + 4) % 7;
}

static struct moment moment_of(int64_t seconds)
{
    struct moment m;
    if (seconds < 0)
        seconds = 0;
    if (seconds > LAST_SECOND)
        seconds = LAST_SECOND;
    unsigned in_day = (unsigned)(seconds % DAY_SECONDS);
    m.hour = in_day / 3600;
    m.minute = in_day / 60 % 60;
    m.second = in_day % 60;
    set_date(&m, (unsigned)(seconds / DAY_SECONDS));
    return m;
}

/* Writes count digits with leading zeros and the byte behind them; returns where to go on. */
static char *put_digits(char *out, unsigned number, unsigned count, char behind)
{
    for (unsigned i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    out[count] = behind;
    return out + count + 1;
}

static char *put_name(char *out, const char *names, unsigned index, char behind)
{
    memcpy(out, names + 3 * (size_t)index, 3);
    out[3] = behind;
    return out + 4;
}

static char *put_clock(char *out, const struct moment *m, char behind)
{
    out = put_digits(out, m->hour, 2, ':');
    out = put_digits(out, m->minute, 2, ':');
    return put_digits(out, m->second, 2, behind);
}

size_t format_http_date(int64_t seconds, char *out)
{
    struct moment m = moment_of(seconds);
    char *at = put_name(out, weekday_names, m.weekday, ',');
    *at++ = ' ';
    at = put_digits(at, m.day, 2, ' ');
    at = put_name(at, month_names, m.month - 1, ' ');
    at = put_digits(at, m.year, 4, ' ');
    at = put_clock(at, &m, ' ');
    memcpy(at, "GMT", 3);
    return FORMAT_HTTP_DATE_MAX;
}

size_t format_iso_time(int64_t milliseconds, char *out)
{
    if (milliseconds < 0)
        milliseconds = 0;
    struct moment m = moment_of(milliseconds / 1000);
    char *at = put_digits(out, m.year, 4, '-');
    at = put_digits(at, m.month, 2, '-');
    at = put_digits(at, m.day, 2, 'T');
    at = put_clock(at, &m, '.');
    put_digits(at, (unsigned)(milliseconds % 1000), 3, 'Z');
    return FORMAT_ISO_TIME_MAX;
}

size_t format_clf_time(int64_t seconds, char *out)
{
    struct moment m = moment_of(seconds);
    char *at = put_digits(out, m.day, 2, '/');
    at = put_name(at, month_names, m.month - 1, '/');
    at = put_digits(at, m.year, 4, ':');
    at = put_clock(at, &m, ' ');
    memcpy(at, "+0000", 5);
    return FORMAT_CLF_TIME_MAX;
}
