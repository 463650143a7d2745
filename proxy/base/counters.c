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
    unsigned refs;           /* registrations */
    struct list_node unused; /* in kept, while refs is 0 and it has a key */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All below belong to the lock. */
static struct map by_key;
static struct map by_id;     /* the same by the bytes of their id */
static struct list counters; /* in order of registration */
static struct list kept;     /* those that nobody uses, by counter.unused; the oldest first */
static unsigned kept_count;
static struct list spares; /* without key: their cells are zero and may be had */
static struct list arrays; /* of struct cells, ended among them */
static struct cells ended; /* what arrays had counted that were freed */
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
    list_init(&kept);
    list_init(&spares);
    list_init(&arrays);
    list_push(&arrays, &ended.node);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

static struct text id_key(const struct counter *counter)
{
    return (struct text){(const char *)&counter->id, sizeof counter->id};
}

/* Cells that nobody uses any more, or new ones. */
static struct counter *take_cells(unsigned count)
{
    LIST_EACH_SAFE(&spares, node)
    {
        struct counter *counter = CONTAINER(node, struct counter, node);
        if (counter->metric->cells != count)
            continue;
        list_remove(node);
        return counter;
    }
    struct counter *counter = add_pages_everywhere(cells_taken + count) ? calloc(1, sizeof *counter) : NULL;
    if (counter == NULL)
        return NULL;
    counter->id = cells_taken;
    cells_taken += count;
    return counter;
}

static void give_cells(struct counter *counter)
{
    free((char *)(uintptr_t)counter->key.at);
    counter->key = counter->labels = TEXT_NONE;
    counter->refs = 0;
    list_push(&spares, &counter->node);
}

static bool name_counter(struct counter *counter, struct text key)
{
    char *copy = malloc(key.len);
    size_t name = strlen(counter->metric->name);
    if (copy == NULL)
        return false;
    memcpy(copy, key.at, key.len);
    counter->key = (struct text){copy, key.len};
    counter->labels = text_sub(counter->key, name + 1, key.len - name - 2);
    return true;
}

static struct counter *add_counter(const struct metric *metric, struct text key)
{
    struct counter *counter = take_cells(metric->cells);
    if (counter == NULL)
        return NULL;
    counter->metric = metric;
    if (!name_counter(counter, key) || !map_insert(&by_key, counter->key, counter, NULL)) {
        give_cells(counter);
        return NULL;
    }
    if (!map_insert(&by_id, id_key(counter), counter, NULL)) {
        map_remove(&by_key, counter->key);
        give_cells(counter);
        return NULL;
    }
    list_push(&counters, &counter->node);
    return counter;
}

static counter_t use(struct counter *counter)
{
    if (counter == NULL)
        return COUNTER_NONE;
    if (list_is_linked(&counter->unused)) {
        list_remove(&counter->unused);
        kept_count--;
    }
    counter->refs++;
    return counter->id;
}

counter_t counter_register(const struct metric *metric, const char *labels)
{
    struct buffer key = BUFFER_EMPTY;
    counter_t id = COUNTER_NONE;
    ASSERT(metric->cells > 0 && metric->cells <= COUNTER_CELLS_MAX);
    buffer_printf(&key, "%s{%s}", metric->name, labels);
    enter();
    struct counter *known = map_find(&by_key, buffer_text(&key));
    if (known != NULL)
        id = use(known);
    else if (!key.short_of_room)
        id = use(add_counter(metric, buffer_text(&key)));
    leave();
    buffer_clear(&key);
    return id;
}

/* Nobody adds any more, so each thread's cells may be written from here. */
static void zero_cells(const struct counter *counter)
{
    LIST_EACH(&arrays, node)
    {
        const struct cells *cells = CONTAINER(node, struct cells, node);
        for (counter_t cell = counter->id; cell < counter->id + counter->metric->cells; cell++)
            __atomic_store_n(&cells->pages[cell / CELLS_PAGE][cell % CELLS_PAGE], 0, __ATOMIC_RELAXED);
    }
}

static void drop_oldest(void)
{
    struct counter *counter = CONTAINER(list_pop(&kept), struct counter, unused);
    kept_count--;
    map_remove(&by_key, counter->key);
    map_remove(&by_id, id_key(counter));
    list_remove(&counter->node);
    zero_cells(counter);
    give_cells(counter);
}

void counter_release(counter_t id)
{
    enter();
    struct counter *counter = map_find(&by_id, (struct text){(const char *)&id, sizeof id});
    ASSERT(counter != NULL || id == COUNTER_NONE);
    if (counter != NULL && --counter->refs == 0) {
        list_push(&kept, &counter->unused);
        if (++kept_count > COUNTERS_KEPT)
            drop_oldest();
    }
    leave();
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
