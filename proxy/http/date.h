/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the three forms of an HTTP-date (RFC 9110 section 5.6.7); base/format.h writes the first. All threads. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/text.h"

/* Seconds since the epoch; false when it is no date. A year of two digits is in the past when it would be more than 50
 * years ahead of now (seconds since the epoch). */
bool http_date_read(struct text t, int64_t now, int64_t *seconds);

#endif
