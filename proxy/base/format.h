/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing numbers and times without printf, for what happens per request. Each function writes at out, adds
 * no NUL and returns the number of bytes; out must have the room that the function's constant says. All
 * threads.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include "base/text.h"

#define FORMAT_NUMBER_MAX 20
#define FORMAT_HTTP_DATE_MAX 29
#define FORMAT_ISO_TIME_MAX 24
#define FORMAT_CLF_TIME_MAX 26

size_t format_number(uint64_t number, char *out);

/* Lowercase hexadecimal, without leading zeros; at most 16 bytes. */
size_t format_hex(uint64_t number, char *out);

/* IMF-fixdate, RFC 9110 section 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT. seconds since the epoch, years 1970
 * to 9999. Costs about 50 ns: whoever needs it per request caches it for a second. */
size_t format_http_date(int64_t seconds, char *out);

/* 2026-11-23T02:40:20.123Z from milliseconds since the epoch. */
size_t format_iso_time(int64_t milliseconds, char *out);

/* The common log format's time in UTC: 23/Nov/2026:02:40:20 +0000 */
size_t format_clf_time(int64_t seconds, char *out);

#endif
