/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer collects bytes to be written somewhere at once: a log line, a metrics page, an answer of the admin
 * API. Either it grows and owns its memory, or it is bounded and writes into its maker's. What doesn't fit,
 * or has no memory, is left out and remembered: check .short_of_room once at the end. Not shared between
 * threads.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/text.h"

struct buffer {
    char *at;
    size_t len, cap;
    bool bounded;       /* at belongs to somebody else */
    bool short_of_room; /* something was left out */
};

/* Growing; zeroed memory is one too. */
#define BUFFER_EMPTY ((struct buffer){0})

/* Bounded: writes into bytes[cap]. */
static inline struct buffer buffer_over(char *bytes, size_t cap)
{
    return (struct buffer){.at = bytes, .cap = cap, .bounded = true};
}

/* Frees what a growing one owns; it is empty afterwards. */
void buffer_clear(struct buffer *buffer);

/* Once something was left out nothing is added any more, so what is there is a prefix. A text that doesn't
 * fit is added as far as it fits. */
void buffer_add(struct buffer *buffer, struct text t);
void buffer_byte(struct buffer *buffer, char byte);
void buffer_number(struct buffer *buffer, uint64_t number);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes. Bytes that aren't UTF-8 become U+FFFD, so the result is always valid
 * JSON. */
void buffer_json_string(struct buffer *buffer, struct text t);

/* The same without quotes; where the room ends, no escape is cut. */
void buffer_json_escape(struct buffer *buffer, struct text t);

static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->at, buffer->len};
}

#endif
