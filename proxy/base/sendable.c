/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sendable.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/panic.h"

/* Room for addresses, not memory: only pages that were written to take any. */
enum { UNIT = 64 * 1024, UNITS = 1 << 20, WORD = 64 };

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    int file;             /* -1: none */
    _Atomic(char *) base; /* set last */
    size_t lowest;        /* no unit below it is free */
    uint64_t *taken;
} area = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .file = -1};

static void open_area(void)
{
    const size_t size = (size_t)UNIT * UNITS;
    int file = memfd_create("weir-cache", MFD_CLOEXEC);
    if (file < 0)
        return;
    area.taken = calloc(UNITS / WORD, sizeof *area.taken);
    void *base = area.taken == NULL || ftruncate(file, (off_t)size) != 0
                     ? MAP_FAILED
                     : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (base == MAP_FAILED) {
        close(file);
        free(area.taken);
        return;
    }
    area.file = file;
    atomic_store_explicit(&area.base, base, memory_order_release);
}

static bool is_taken(size_t unit)
{
    return (area.taken[unit / WORD] >> (unit % WORD) & 1) != 0;
}

static void mark(size_t first, size_t count)
{
    for (size_t unit = first; unit < first + count; unit++)
        area.taken[unit / WORD] ^= UINT64_C(1) << (unit % WORD);
}

/* The first run of so many free ones: addresses that were used have page tables, which stay. UNITS when there is none. */
static size_t find_run(size_t count)
{
    size_t run = 0;
    for (size_t unit = area.lowest; unit < UNITS; unit++) {
        if (unit % WORD == 0 && area.taken[unit / WORD] == UINT64_MAX) {
            run = 0;
            unit += WORD - 1;
            continue;
        }
        run = is_taken(unit) ? 0 : run + 1;
        if (run == count)
            return unit + 1 - count;
    }
    return UNITS;
}

static size_t units_of(size_t size)
{
    return (size + UNIT - 1) / UNIT;
}

char *sendable_take(size_t size)
{
    size_t count = units_of(size);
    pthread_once(&area.once, open_area);
    if (area.file < 0 || count == 0 || count > UNITS)
        return NULL;
    pthread_mutex_lock(&area.lock);
    size_t first = find_run(count);
    if (first != UNITS) {
        mark(first, count);
        if (first == area.lowest)
            area.lowest = first + count;
    }
    pthread_mutex_unlock(&area.lock);
    return first == UNITS ? NULL : area.base + first * UNIT;
}

void sendable_give(char *block, size_t size)
{
    size_t first = (size_t)(block - area.base) / UNIT, count = units_of(size);
    int failed = fallocate(area.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(first * UNIT),
                           (off_t)(count * UNIT));
    if (failed)
        return; /* the pages may still be on their way: never again */
    pthread_mutex_lock(&area.lock);
    mark(first, count);
    if (first < area.lowest)
        area.lowest = first;
    pthread_mutex_unlock(&area.lock);
}

int sendable_file(const char *at, off_t *offset)
{
    const char *base = atomic_load_explicit(&area.base, memory_order_acquire);
    if (base == NULL || at < base || at >= base + (size_t)UNIT * UNITS)
        return -1;
    *offset = at - base;
    return area.file;
}
