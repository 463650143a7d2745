/* SPDX-License-Identifier: Apache-2.0 */
/* A route in words, for weir explain: what it matches, what answers, and why it isn't the one. */
#ifndef PROCESS_EXPLAIN_ROUTE_H
#define PROCESS_EXPLAIN_ROUTE_H

#include <stdio.h>

#include "exchange/snapshot.h"

/* The route that answers a request with that head at a listener of that scheme, a line for each thing. */
struct explain_asked {
    const struct head *head;
    struct text scheme;
};
void explain_chosen(FILE *out, const struct snapshot *snapshot, const struct route_settings *route,
                    const struct explain_asked *asked);

/* A phrase: why other isn't the route that takes this request; chosen is, NULL when none does. Found out by putting the
 * request to tables of the one and of both of them, with less and less of their matches. */
void explain_other(FILE *out, const struct route_settings *other, const struct route_settings *chosen,
                   const struct route_ask *ask);

#endif
