/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that would come too often. */
#include <errno.h>
#include <stdarg.h>
#include <time.h>

#include "base/buffer.h"
#include "base/log_line.h"

/* What was left out before a line. */
struct missed {
    uint64_t like;   /* of its text */
    uint64_t others; /* of other ones */
};

static uint64_t second_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec + 1; /* 0 is "never" in a new log_limit */
}

/* Its mark once it is written now. */
static uint64_t mark_of(struct text text)
{
    return second_now() << 32 | (text_hash(text, 0) & UINT32_MAX);
}

/* The place of the text, or else one whose text has not been written this second; LOG_LIMIT_TEXTS: none. */
static unsigned find_place(const struct log_limit *limit, uint64_t mark)
{
    unsigned idle = LOG_LIMIT_TEXTS;
    for (unsigned i = 0; i < LOG_LIMIT_TEXTS; i++) {
        uint64_t has = __atomic_load_n(&limit->texts[i].mark, __ATOMIC_RELAXED);
        if (has != 0 && (uint32_t)has == (uint32_t)mark)
            return i;
        if (idle == LOG_LIMIT_TEXTS && has >> 32 != mark >> 32)
            idle = i;
    }
    return idle;
}

/* True when the text may be written now. */
static bool pass_limit(struct log_limit *limit, uint64_t mark, struct missed *missed)
{
    unsigned place = find_place(limit, mark);
    if (place == LOG_LIMIT_TEXTS) {
        __atomic_fetch_add(&limit->others, 1, __ATOMIC_RELAXED);
        return false;
    }
    uint64_t *dropped = &limit->texts[place].dropped;
    uint64_t before = __atomic_exchange_n(&limit->texts[place].mark, mark, __ATOMIC_RELAXED);
    if (before == mark) {
        __atomic_fetch_add(dropped, 1, __ATOMIC_RELAXED);
        return false;
    }
    missed->like = __atomic_exchange_n(dropped, 0, __ATOMIC_RELAXED);
    missed->others = __atomic_exchange_n(&limit->others, 0, __ATOMIC_RELAXED);
    if ((uint32_t)before == (uint32_t)mark)
        return true;
    missed->others += missed->like; /* they were of the text that had this place */
    missed->like = 0;
    return true;
}

static void add_missed(struct buffer *line, const struct missed *missed)
{
    if (missed->like > 0)
        buffer_printf(line, " (%llu like this left out)", (unsigned long long)missed->like);
    if (missed->others > 0)
        buffer_printf(line, " (%llu others left out)", (unsigned long long)missed->others);
}

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
    struct log_message message;
    struct missed missed;
    va_list list;
    int error = errno;
    if (!log_wants(level))
        return;
    va_start(list, format);
    struct text text = log_compose(&message, format, list);
    va_end(list);
    if (pass_limit(limit, mark_of(text), &missed)) {
        struct buffer whole = {message.bytes, text.len, sizeof(message.bytes), .bounded = true};
        add_missed(&whole, &missed);
        log_write_line(level, buffer_text(&whole));
    }
    errno = error;
}
