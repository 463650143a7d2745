/* SPDX-License-Identifier: Apache-2.0 */
/* What forward*.c share; nobody else includes it. */
#ifndef EXCHANGE_FORWARD_PARTS_H
#define EXCHANGE_FORWARD_PARTS_H

#include "exchange/forward.h"
#include "http/message.h"

/* An element of Via for a message that came with this head. */
struct text forward_via(const struct head *head);

/* The Upgrade field, where out has upgrade set. False when out of memory. */
bool forward_upgrade(const struct head *in, struct head *out, struct arena *arena);

#endif
