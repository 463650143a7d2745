/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counters.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/families.h"
#include "base/map.h"
#include "base/panic.h"

struct counter {
    struct list_node node;
    const struct metric *metric;
    struct text key;    /* name{labels} */
    struct text labels; /* within key */
    counter_t id;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All below belong to the lock. */
static struct map by_key;
static struct list counters; /* in order of registration */
static struct list arrays;   /* of struct cells, ended among them */
static struct cells ended;   /* what arrays had counted that were freed */
static uint32_t cells_taken;

static bool add_pages(struct cells *cells, uint32_t count)
{
    for (uint32_t i = 0; i * CELLS_PAGE < count; i++) {
        if (cells->pages[i] != NULL)
            continue;
        uint64_t *page = calloc(CELLS_PAGE, sizeof(*page));
        if (page == NULL)
            return false;
        __atomic_store_n(&cells->pages[i], page, __ATOMIC_RELEASE);
    }
    return true;
}

static bool add_pages_everywhere(uint32_t count)
{
    if (count > CELLS_PAGE * CELLS_PAGES)
        return false;
    LIST_EACH(&arrays, node)
    {
        if (!add_pages(CONTAINER(node, struct cells, node), count))
            return false;
    }
    return true;
}

/* Takes the lock, and makes what it protects when it is the first to do so. */
static void enter(void)
{
    pthread_mutex_lock(&lock);
    if (cells_taken != 0)
        return;
    cells_taken = CELLS_PAGE; /* the page of COUNTER_NONE */
    list_init(&counters);
    list_init(&arrays);
    list_push(&arrays, &ended.node);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

static void counter_free(struct counter *counter)
{
    if (counter == NULL)
        return;
    free((char *)(uintptr_t)counter->key.at);
    free(counter);
}

static struct counter *counter_new(const struct metric *metric, struct text key)
{
    struct counter *counter = calloc(1, sizeof(*counter));
    char *copy = malloc(key.len);
    if (counter == NULL || copy == NULL) {
        free(counter);
        free(copy);
        return NULL;
    }
    size_t name = strlen(metric->name);
    memcpy(copy, key.at, key.len);
    counter->metric = metric;
    counter->key = (struct text){copy, key.len};
    counter->labels = text_sub(counter->key, name + 1, key.len - name - 2);
    counter->id = cells_taken;
    return counter;
}

static counter_t add_counter(const struct metric *metric, struct text key)
{
    struct counter *counter = counter_new(metric, key);
    bool fits = counter != NULL && add_pages_everywhere(cells_taken + metric->cells);
    if (!fits || !map_insert(&by_key, counter->key, counter, NULL)) {
        counter_free(counter);
        return COUNTER_NONE;
    }
    list_push(&counters, &counter->node);
    cells_taken += metric->cells;
    return counter->id;
}

counter_t counter_register(const struct metric *metric, const char *labels)
{
    struct buffer key = BUFFER_EMPTY;
    counter_t id = COUNTER_NONE;
    ASSERT(metric->cells > 0 && metric->cells <= COUNTER_CELLS_MAX);
    buffer_printf(&key, "%s{%s}", metric->name, labels);
    enter();
    const struct counter *known = map_find(&by_key, buffer_text(&key));
    if (known != NULL)
        id = known->id;
    else if (!key.short_of_room)
        id = add_counter(metric, buffer_text(&key));
    leave();
    buffer_clear(&key);
    return id;
}

static void free_array(struct cells *cells)
{
    for (uint32_t i = 0; i < CELLS_PAGES; i++)
        free(cells->pages[i]);
    free(cells);
}

struct cells *cells_new(void)
{
    struct cells *cells = calloc(1, sizeof(*cells));
    if (cells == NULL)
        return NULL;
    enter();
    bool whole = add_pages(cells, cells_taken);
    if (whole)
        list_push(&arrays, &cells->node);
    leave();
    if (whole)
        return cells;
    free_array(cells);
    return NULL;
}

void cells_free(struct cells *cells)
{
    if (cells == NULL)
        return;
    enter();
    list_remove(&cells->node);
    /* Those of COUNTER_NONE are not kept; ended has no page for them before the first registration. */
    for (uint32_t cell = CELLS_PAGE; cell < cells_taken; cell++)
        cells_add(&ended, cell, cells->pages[cell / CELLS_PAGE][cell % CELLS_PAGE]);
    leave();
    free_array(cells);
}

static uint64_t sum(counter_t cell)
{
    uint64_t total = 0;
    LIST_EACH(&arrays, node)
    {
        const struct cells *cells = CONTAINER(node, struct cells, node);
        total += __atomic_load_n(&cells->pages[cell / CELLS_PAGE][cell % CELLS_PAGE], __ATOMIC_RELAXED);
    }
    return total;
}

uint64_t counter_sum(counter_t cell)
{
    enter();
    uint64_t total = cell >= CELLS_PAGE && cell < cells_taken ? sum(cell) : 0;
    leave();
    return total;
}

static void show(const struct counter *counter, void (*visit)(void *arg, const struct counter_row *row),
                 void *arg)
{
    uint64_t values[COUNTER_CELLS_MAX];
    for (unsigned i = 0; i < counter->metric->cells; i++)
        values[i] = sum(counter->id + i);
    visit(arg, &(struct counter_row){counter->labels, values});
}

void counters_each(const struct metric *metric, void (*visit)(void *arg, const struct counter_row *row),
                   void *arg)
{
    enter();
    LIST_EACH(&counters, node)
    {
        const struct counter *counter = CONTAINER(node, struct counter, node);
        if (counter->metric == metric)
            show(counter, visit, arg);
    }
    leave();
}
