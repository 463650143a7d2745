/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of log.h: how a line is put together and written. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdarg.h>

#include "base/log.h"

enum { LOG_LINE_MAX = 8192 }; /* bytes */

/* Where a message is put together; a byte longer than what a line can show, so that the line knows it was cut. */
struct log_message {
    char bytes[LOG_LINE_MAX + 1];
};

struct text log_compose(struct log_message *message, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

void log_write_line(enum log_level level, struct text message);

#endif
