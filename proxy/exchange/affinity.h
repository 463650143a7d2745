/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which endpoint a request is for: what hashing balancers look at (hash_on), and the cookie that names an endpoint
 * (sticky). The cookie says the endpoint's id, not its address, and is the same in every replica. It means something
 * within its upstream only: of a route that splits, it doesn't decide which upstream is asked.
 */
#ifndef EXCHANGE_AFFINITY_H
#define EXCHANGE_AFFINITY_H

#include "exchange/exchange.h"

/* Fills in what the claim, which is about to be made, prefers. Nothing is looked at unless these settings ask for it. */
void affinity_ask(const struct exchange *exchange, const struct cluster_settings *settings,
                  struct claim *claim);

/* Adds Set-Cookie to an endpoint's answer when the client didn't name that endpoint. False when out of memory. */
bool affinity_tell(const struct exchange *exchange, struct fields *fields);

#endif
