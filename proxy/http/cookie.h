/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies of requests (RFC 6265 section 4.2), read with the leniency of section 5: whatever stands between semicolons. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/fields.h"

/* The value of the first cookie of that name, case kept, without quotes around it; points into the field. False when there
 * is none. One pass over the Cookie fields, however many cookies a client makes of them. */
bool cookie_find(const struct fields *fields, struct text name, struct text *value);

/* Appends all values of that name as they are written, each behind a ';': which of several counts is the backend's choice.
 * False when out of memory. */
bool cookie_append_all(const struct fields *fields, struct text name, struct text *out, struct arena *arena);

#endif
