/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often an eviction policy keeps what is asked for again: the store's (S3-FIFO) beside least recently used, on the same
 * requests. Keys are drawn from a Zipf distribution; with a scan, as many keys that never come again are mixed in. Prints
 * hit ratios in percent. Built by hand, see evict.md.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cache/store.h"

enum { KEYS = 100000, REQUESTS = 2000000, OBJECT = 1000 };

static double cumulative[KEYS];
static uint64_t state = 88172645463325252u;

static double draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void prepare(double skew)
{
    double sum = 0;
    for (int i = 0; i < KEYS; i++)
        cumulative[i] = sum += 1 / pow(i + 1, skew);
    for (int i = 0; i < KEYS; i++)
        cumulative[i] /= sum;
}

static size_t zipf(void)
{
    double wanted = draw();
    size_t low = 0, high = KEYS - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cumulative[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Least recently used, over key numbers: a ring of places with the last turn of each. */
struct lru {
    size_t next[2 * REQUESTS + KEYS], before[2 * REQUESTS + KEYS];
    bool inside[2 * REQUESTS + KEYS];
    size_t first, last, count;
};
static struct lru lru;
enum { NONE = 2 * REQUESTS + KEYS - 1 };

static void unlink_key(size_t key)
{
    size_t next = lru.next[key], before = lru.before[key];
    *(before == NONE ? &lru.first : &lru.next[before]) = next;
    *(next == NONE ? &lru.last : &lru.before[next]) = before;
}

static void push_key(size_t key)
{
    lru.next[key] = NONE;
    lru.before[key] = lru.last;
    *(lru.last == NONE ? &lru.first : &lru.next[lru.last]) = key;
    lru.last = key;
}

static bool lru_ask(size_t key, size_t most)
{
    bool hit = lru.inside[key];
    if (hit) {
        unlink_key(key);
    } else if (lru.count == most) {
        lru.inside[lru.first] = false;
        unlink_key(lru.first);
    } else {
        lru.count++;
    }
    lru.inside[key] = true;
    push_key(key);
    return hit;
}

static bool store_ask(struct cache_store *store, size_t number)
{
    static const struct fields none;
    char room[24];
    struct text key = {room, (size_t)snprintf(room, sizeof room, "%zu", number)};
    uint64_t hash = cache_store_hash(key);
    struct cache_object *object = cache_store_find(store, key, hash, &none, NULL);
    bool hit = object != NULL;
    if (!hit) {
        object = cache_object_new(key, hash, cache_body_new(1));
        cache_store_put(store, object, OBJECT, NULL);
    }
    cache_object_unref(object);
    return hit;
}

static void run(double skew, double size, bool scan)
{
    size_t most = (size_t)(KEYS * size), hits[2] = {0}, asked = 0, fresh = KEYS;
    struct cache_store *store = cache_store_new(&(struct cache_store_settings){most * OBJECT, 10 * OBJECT});
    lru = (struct lru){.first = NONE, .last = NONE};
    prepare(skew);
    for (size_t i = 0; i < REQUESTS; i++) {
        size_t key = scan && i % 2 == 1 ? fresh++ : zipf();
        bool counts = key < KEYS;
        asked += counts;
        hits[0] += lru_ask(key, most) && counts;
        hits[1] += store_ask(store, key) && counts;
    }
    printf("| %.1f%s | %.0f %% | %.1f | %.1f |\n", skew, scan ? " and a scan" : "", size * 100,
           100.0 * (double)hits[0] / (double)asked, 100.0 * (double)hits[1] / (double)asked);
    cache_store_unref(store);
}

int main(void)
{
    static const double skews[] = {0.7, 0.9, 1.1}, sizes[] = {0.01, 0.1};
    printf("| Zipf | room for | LRU | S3-FIFO |\n|---|---|---|---|\n");
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++)
            for (int scan = 0; scan < 2; scan++)
                run(skews[i], sizes[j], scan != 0);
    return 0;
}
