/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's mistakes: every problem that a configuration has, each with its place, shown all at once. It
 * is not a log and not a fault: nothing here is about traffic. The list owns its texts, so it outlives the
 * tree and the config that it speaks of. Bounded: what is beyond PROBLEMS_MAX is counted only. One thread at
 * a time.
 */
#ifndef CONF_PROBLEMS_H
#define CONF_PROBLEMS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"

#define PROBLEMS_MAX 1000

/* Where in a file something stands. Lines and columns count from 1; the file as a whole is 1:1. */
struct place {
    const char *file;
    unsigned line;
    unsigned column; /* in characters, not bytes */
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct problem {
    struct place place;
    enum severity severity;
    struct text message; /* one line of printable text, NUL-terminated; never holds a secret */
};

struct problems {
    struct arena arena;
    struct problem *list;
    size_t count;
    size_t room;
    size_t errors;  /* every one, also those that were left out of the list */
    size_t dropped; /* left out: the list was full */
};

void problems_init(struct problems *problems);
void problems_clear(struct problems *problems);

/* Adds one; control characters in the message are shown as '?'. */
void problem_add(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for what works but is probably not meant. */
void problem_warn(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* By file, line and column; what is there twice is left once. config_load has done it already. */
void problems_sort(struct problems *problems);

/* FILE:LINE:COLUMN: message, a line each, then how many were left out. */
void problems_print(const struct problems *problems, FILE *out);

/* A JSON array of {"file","line","column","message"}; warnings are among them, with "severity":"warning". */
void problems_write_json(const struct problems *problems, struct buffer *out);

#endif
