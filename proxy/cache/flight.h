/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fetch for many who ask: whoever misses first leads a flight, and the others wait until it lands: until it is known
 * whether what was fetched is stored. All threads; under the lock of the key's shard.
 *
 * A key whose answer could not be stored is remembered for as long as no other takes its place: nobody waits for it then.
 */
#ifndef CACHE_FLIGHT_H
#define CACHE_FLIGHT_H

#include "cache/store.h"
#include "net/inbox.h"

struct cache_flight;

enum flight_end {
    FLIGHT_LOST, /* there was no answer */
    FLIGHT_AGAIN, /* another look is worth it: it was stored, or the one who asked has left, or it was purged meanwhile */
    FLIGHT_PASSED, /* the answer could not be stored */
    FLIGHT_FAILED  /* the backend has failed: what is stale may do */
};

/* Embedded in whoever waits, and its letter's task is woken when the flight has landed. */
struct flight_waiter {
    struct list_node node;
    _Atomic bool waits; /* the flight is still under way */
    struct loop *loop;
    struct letter letter;
    enum flight_end end; /* set at landing */
};

enum flight_place { FLIGHT_NONE, FLIGHT_LEADS, FLIGHT_WAITS };

/* NONE: nobody should wait for this key, or no memory. LEADS: *flight is the caller's until it lands it. */
enum flight_place cache_flight_join(struct cache_store *store, struct text key, uint64_t hash,
                                    struct flight_waiter *waiter, struct cache_flight **flight);

/* The leader's: the flight is gone then. */
void cache_flight_land(struct cache_store *store, struct cache_flight *flight, enum flight_end end);

/* Waits no longer; harmless when it doesn't wait. The waiter's loop. */
void cache_flight_leave(struct cache_store *store, uint64_t hash, struct flight_waiter *waiter);

#endif
