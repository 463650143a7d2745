/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the access log, in each of its formats. Bytes that clients chose are escaped, so a line is a line. */
#ifndef EXCHANGE_TRAIL_LINE_H
#define EXCHANGE_TRAIL_LINE_H

#include "base/buffer.h"
#include "exchange/trail.h"

/* Longer ones are left out and counted as dropped. */
enum { TRAIL_LINE_MAX = 8192 };

void trail_write_line(struct buffer *line, const struct exchange *exchange, enum trail_format format);

#endif
