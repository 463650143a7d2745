/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/format.h"
#include "base/sink.h"
#include "base/utf8.h"

#define TAIL_MAX_BYTES 8 /* "..." and what closes the line */

static struct sink sink = {.fd = STDERR_FILENO, .blocking = true};
static enum log_level lowest = LOG_INFO; /* relaxed atomics: a line more or less at the change is fine */
static enum log_format written_as = LOG_TEXT;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

bool log_open(enum log_level level, enum log_format format, const char *path)
{
    if (!sink_open(&sink, path))
        return false;
    __atomic_store_n(&written_as, format, __ATOMIC_RELAXED);
    log_set_level(level);
    return true;
}

void log_set_level(enum log_level level)
{
    __atomic_store_n(&lowest, level, __ATOMIC_RELAXED);
}

enum log_level log_level(void)
{
    return __atomic_load_n(&lowest, __ATOMIC_RELAXED);
}

bool log_wants(enum log_level level)
{
    return level >= log_level();
}

uint64_t log_dropped(void)
{
    return sink_lost(&sink);
}

static struct text time_now(char *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct text){out, format_iso_time((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, out)};
}

/* Controls and what isn't UTF-8 as \xNN, so that nobody can forge a line or reach the operator's terminal. */
static void add_printable(struct buffer *line, struct text message)
{
    while (message.len > 0 && !line->short_of_room) {
        size_t len = utf8_length(message);
        if (len == 0 || utf8_is_control(message, len)) {
            len = 1;
            buffer_printf(line, "\\x%02x", (unsigned char)message.at[0]);
        } else {
            buffer_add(line, text_sub(message, 0, len));
        }
        message = text_sub(message, len, message.len - len);
    }
}

static void add_text_line(struct buffer *line, enum log_level level, struct text message)
{
    char time[FORMAT_ISO_TIME_MAX];
    buffer_add(line, time_now(time));
    buffer_byte(line, ' ');
    buffer_add(line, text_of(level_names[level]));
    buffer_byte(line, ' ');
    add_printable(line, message);
}

static void add_json_line(struct buffer *line, enum log_level level, struct text message)
{
    char time[FORMAT_ISO_TIME_MAX];
    buffer_add(line, TEXT("{\"time\":\""));
    buffer_add(line, time_now(time));
    buffer_add(line, TEXT("\",\"level\":\""));
    buffer_add(line, text_of(level_names[level]));
    buffer_add(line, TEXT("\",\"message\":\""));
    buffer_json_escape(line, message);
}

void log_write_line(enum log_level level, struct text message)
{
    char bytes[1 + LOG_LINE_MAX];
    struct buffer line = buffer_over(bytes + 1, LOG_LINE_MAX - TAIL_MAX_BYTES);
    bool json = __atomic_load_n(&written_as, __ATOMIC_RELAXED) == LOG_JSON;
    if (json)
        add_json_line(&line, level, message);
    else
        add_text_line(&line, level, message);
    bool cut = line.short_of_room;
    line.short_of_room = false;
    line.cap += TAIL_MAX_BYTES;
    buffer_add(&line, cut ? TEXT("...") : TEXT_NONE);
    buffer_add(&line, json ? TEXT("\"}\n") : TEXT("\n"));
    sink_write(&sink, buffer_text(&line));
}

struct text log_compose(struct log_message *message, const char *format, va_list list)
{
    int len = vsnprintf(message->bytes, sizeof(message->bytes), format, list);
    size_t most = sizeof(message->bytes) - 1;
    return (struct text){message->bytes, len < 0 ? 0 : (size_t)len > most ? most : (size_t)len};
}

void log_write(enum log_level level, const char *format, ...)
{
    struct log_message message;
    va_list list;
    int error = errno;
    if (!log_wants(level))
        return;
    va_start(list, format);
    struct text text = log_compose(&message, format, list);
    va_end(list);
    log_write_line(level, text);
    errno = error;
}
