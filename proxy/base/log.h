/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error log: lines for the operator. Any thread may write; a line is one write(2), so lines never mix. A line that
 * can't be written at once is dropped and counted, never waited for. (The access log is exchange/trail.h.)
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Opens the file ("stderr" and "stdout" are the streams); false with errno set. The old one stays on failure. Not
 * concurrent with itself. Until it is called, lines go to stderr as text from level info on. */
bool log_open(enum log_level level, enum log_format format, const char *path);

/* The least important lines that are written; any thread. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

/* True when a line of this level would be written: for arguments that cost something. */
bool log_wants(enum log_level level);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * At most one line a second of each text per call site: the next one of that text says how many were left out. So one
 * endpoint or cause doesn't hide another, and yet a site writes no more than LOG_LIMIT_TEXTS lines a second; what is beyond
 * that is told behind the next line that gets through.
 */
#define log_write_limited(level, ...)               \
    do {                                            \
        static struct log_limit limit_;             \
        log_limited(&limit_, (level), __VA_ARGS__); \
    } while (0)

enum { LOG_LIMIT_TEXTS = 16 };

/* Relaxed atomics: a lost update only means one line more or less. */
struct log_limit {
    struct {
        uint64_t mark;    /* when a text was written last, in s, above a hash of it; 0: free */
        uint64_t dropped; /* of that text since then */
    } texts[LOG_LIMIT_TEXTS];
    uint64_t others; /* dropped, of texts that have no place */
};
void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lines dropped since the start. */
uint64_t log_dropped(void);

#endif
