/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a route shared out over several upstreams, at random by weight: each request by itself, also those of one
 * client. So stickiness is within an upstream: a cookie (affinity.h) names an endpoint, and a request that falls to
 * another upstream doesn't follow it.
 */
#ifndef EXCHANGE_SPLIT_H
#define EXCHANGE_SPLIT_H

#include "exchange/settings.h"

/* The cluster that a request with these 64 random bits falls to. */
size_t split_choose(const struct split_settings *split, uint64_t random);

#endif
