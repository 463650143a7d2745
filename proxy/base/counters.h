/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters that many threads add to without sharing a cache line. A counter is a run of cell numbers; each thread owns an
 * array of cells, adds to its own and nobody else writes there; who wants a value adds up the arrays. Counters are
 * registered by family and labels: registering the same again, as each reload does, gives the same counter. One that was
 * released as often stays for a while, since many come back. A gauge is a counter that is also taken from.
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include "base/list.h"
#include "base/text.h"

#define CELLS_PAGE 512
#define CELLS_PAGES 4096

/* The most cells a counter can have. */
#define COUNTER_CELLS_MAX CELLS_PAGE

struct metric; /* families.h */

/* The number of a counter's first cell. */
typedef uint32_t counter_t;

/* What registration gives when it fails. It can be added to like others, which counts nothing: the first
 * page belongs to it. So no counting code needs to look. */
#define COUNTER_NONE ((counter_t)0)

struct cells {
    struct list_node node;
    uint64_t *pages[CELLS_PAGES]; /* published with release once zeroed; never taken back */
};

/* labels is written as Prometheus has it, without braces: listener="web",route="api" (see label_add), and
 * is copied. "" for none. The counter has metric->cells cells. Any thread, takes a lock: not per request. */
counter_t counter_register(const struct metric *metric, const char *labels);

/* The most counters that are kept though nobody uses them; then the oldest goes, and its cells are for others. */
#define COUNTERS_KEPT 1024

/* Undoes one registration. After the last one no thread may add to it. COUNTER_NONE is fine. Any thread, takes a lock. */
void counter_release(counter_t id);

/* An array of all cells for one thread; NULL when out of memory. */
struct cells *cells_new(void);

/* What was counted is kept. The owner must have stopped adding. */
void cells_free(struct cells *cells);

/* Only the thread that owns the array: so a load and a store do, and are atomic only to never be seen
 * half. The acquire meets the release with which registration published the page. */
static inline void cells_add(struct cells *cells, counter_t cell, uint64_t n)
{
    uint64_t *page = __atomic_load_n(&cells->pages[cell / CELLS_PAGE], __ATOMIC_ACQUIRE);
    uint64_t *at = &page[cell % CELLS_PAGE];
    __atomic_store_n(at, __atomic_load_n(at, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

/* For gauges. One thread's part may fall below zero when another one added; the sum is right. */
static inline void cells_sub(struct cells *cells, counter_t cell, uint64_t n)
{
    cells_add(cells, cell, 0 - n);
}

/* The value of one cell over all threads, those that ended included. Any thread, takes a lock. */
uint64_t counter_sum(counter_t cell);

struct counter_row {
    struct text labels;
    const uint64_t *values; /* metric->cells of them */
};

/* Shows each counter of the metric, in the order they were registered. visit must not register or sum. */
void counters_each(const struct metric *metric, void (*visit)(void *arg, const struct counter_row *row),
                   void *arg);

#endif
