/* SPDX-License-Identifier: Apache-2.0 */
/* Which known word a misspelt one was probably meant to be. Plain functions, no state. */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include "base/text.h"

/* The best candidate so far; start with wanted set and the rest zero. */
struct nearest {
    struct text wanted;
    struct text best; /* .at NULL: nothing is near enough */
    unsigned distance;
};

void nearest_offer(struct nearest *nearest, struct text candidate);

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b; texts beyond 64 bytes
 * are far from everything. ASCII case costs nothing. */
unsigned nearest_distance(struct text a, struct text b);

#endif
