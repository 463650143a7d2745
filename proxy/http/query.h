/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a request: parameters NAME=VALUE joined by '&'. Nothing is copied; the work is bounded by the query's
 * length, whatever it holds. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include "base/text.h"

/* True when a parameter of the query (without '?') has this name and value, both compared byte by byte after
 * percent-decoding. A malformed escape stands for itself, '+' is a plus, a parameter without '=' has an empty value. */
bool query_has(struct text query, struct text name, struct text value);

#endif
