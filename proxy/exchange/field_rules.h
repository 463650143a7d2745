/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that a route sets, adds and removes (interface.md, routes.headers). */
#ifndef EXCHANGE_FIELD_RULES_H
#define EXCHANGE_FIELD_RULES_H

#include "exchange/exchange.h"

/* Changes the fields of a head that is about to be sent; what they refer to lies in the arena or the snapshot. False when
 * out of memory. */
bool field_rules_apply(const struct field_rules *rules, const struct exchange *exchange, struct arena *arena,
                       struct fields *fields);

/* Whether they make a field of that name that is another for each request. NULL: none do. */
bool field_rules_fill_in(const struct field_rules *rules, struct text name);

#endif
