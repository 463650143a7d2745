/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir has made of a stored body for clients that take a content coding: kept with the body, so that it is compressed
 * once for each coding, and goes where the body goes. All threads.
 */
#ifndef CACHE_CODED_H
#define CACHE_CODED_H

#include "cache/body.h"

/* Whole; lives as long as the body. NULL: there is none. */
struct cache_body *coded_find(const struct cache_body *body, enum coding coding);

/* True for one caller: who is to make it. */
bool coded_claim(struct cache_body *body, enum coding coding);

/* It came to nothing, and another may try. */
void coded_give_up(struct cache_body *body, enum coding coding);

/* Takes over the reference. Only by who claimed it. */
void coded_add(struct cache_body *body, enum coding coding, struct cache_body *coded);

/* Bytes of memory that all of them take. */
size_t coded_taken(const struct cache_body *body);

#endif
