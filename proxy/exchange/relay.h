/* SPDX-License-Identifier: Apache-2.0 */
/* The one mover of bodies, for requests and responses alike. Back-pressure is one rule: move what there is, as far as
 * there is room. */
#ifndef EXCHANGE_RELAY_H
#define EXCHANGE_RELAY_H

#include "http/stream.h"

/* Moves bytes from one stream's in to the other's out, and the end with its trailers when it is reached. A copy of what
 * moves goes to *replay unless it is NULL. Answers the bytes moved. */
size_t relay(struct stream *from, struct stream *to, struct chain *replay);

/* Everything that came in has gone out. */
bool relay_is_over(const struct stream *from, const struct stream *to);

#endif
