/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the access log, in each of its formats. Bytes that clients chose are escaped, so a line is a line. */
#ifndef EXCHANGE_TRAIL_LINE_H
#define EXCHANGE_TRAIL_LINE_H

#include "base/buffer.h"
#include "exchange/trail.h"

/* Room for any line: each text in it is cut where it would take more than TRAIL_TEXT_MAX bytes escaped, so no client can
 * make a line too long to be written. */
enum { TRAIL_LINE_MAX = 12 * 1024, TRAIL_TEXT_MAX = 1024 };

/* line is bounded, with TRAIL_LINE_MAX free. */
void trail_write_line(struct buffer *line, const struct exchange *exchange, enum trail_format format);

/* us from the request's head to now. What begins and ends within one turn, as weir's own answers do, is timed by the clock
 * itself, since the turn's stands still. */
uint64_t trail_duration(const struct exchange *exchange);

#endif
