/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A census of TCP connections: those of clients, by the address they came to, and those to backends, by the address they
 * go to, counted by state. The kernel tells of the whole network namespace, so another program's connections to the same
 * backend are among them. Made for one answer, taken once, by one thread.
 */
#ifndef ADMIN_CENSUS_H
#define ADMIN_CENSUS_H

#include "base/arena.h"
#include "base/map.h"
#include "net/address.h"

/* As netinet/tcp.h numbers them: TCP_ESTABLISHED is 1, TCP_CLOSING 11. */
enum { CENSUS_STATES = 12 };

/* So many of the open connections are listed one by one, and so long (ms) may it take to find them. */
enum { CENSUS_LISTED = 1000, CENSUS_LIMIT = 250 };

enum census_side { CENSUS_CLIENTS, CENSUS_BACKENDS, CENSUS_SIDES };

struct census_group {
    struct address address;
    uint64_t counts[CENSUS_STATES];
};

struct census_connection {
    enum census_side side;
    struct address local;
    struct address remote;
    unsigned state;
};

struct census {
    struct arena arena;
    struct map groups[CENSUS_SIDES];
    uint64_t counts[CENSUS_SIDES][CENSUS_STATES]; /* of all groups */
    struct census_connection *listed;             /* those that aren't in TIME_WAIT */
    size_t listed_count;
    bool cut; /* the time was over: the counts are too low */
};

void census_init(struct census *census);
void census_clear(struct census *census);

/* An address to be counted for: where a listener listens, or an endpoint. The group of that address, which is the census';
 * NULL for a Unix socket, and when out of memory. */
struct census_group *census_add(struct census *census, enum census_side side, const struct address *address);

/* Counts. NULL, or a sentence that says why it couldn't. */
const char *census_take(struct census *census);

/* "ESTABLISHED"; NULL for numbers that are no state. */
const char *census_state_name(unsigned state);

#endif
