/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A roster of any number of members named m0, m1, ... (in the order that is asked for), a balancer's state, and a count of
 * what was picked. One at a time; what is barred is not allowed, nor is a weight of 0.
 */
#ifndef UNIT_UPSTREAM_BALLOT_H
#define UNIT_UPSTREAM_BALLOT_H

#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "upstream/balance/balancer.h"

enum { MOST = 1000 };

struct ballot {
    struct roster *roster;
    struct choice choice;
    void *state;
    size_t asked; /* calls of allows */
    bool barred[MOST];
    unsigned picks[MOST];
};

static struct ballot ballot;

static bool ballot_allows(const struct choice *choice, size_t index)
{
    ballot.asked++;
    return !ballot.barred[index] && choice->roster->members[index].weight != 0;
}

/* The members m<first> and on. weights: NULL: 1 each; else so many as there are members. */
static struct roster *ballot_roster(enum balance_kind kind, size_t first, size_t count,
                                    const unsigned *weights)
{
    static struct endpoint_settings endpoints[MOST];
    static char names[MOST][24];
    struct cluster_settings settings = {
        .name = TEXT("ballot"), .endpoints = endpoints, .endpoint_count = count, .balance = kind};
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", first + i);
        endpoints[i] =
            (struct endpoint_settings){.name = text_of(names[i]), .weight = weights != NULL ? weights[i] : 1};
    }
    struct roster *roster = roster_new(&settings);
    assert_non_null(roster);
    return roster;
}

static void ballot_take(struct roster *roster)
{
    memset(&ballot, 0, sizeof ballot);
    ballot.roster = roster;
    ballot.choice = (struct choice){.roster = roster, .now = 1000000, .allows = ballot_allows};
    ballot.state = calloc(1, roster->balancer->state_size(roster) + 1);
    assert_non_null(ballot.state);
    if (roster->balancer->start != NULL)
        roster->balancer->start(ballot.state, roster, 0);
}

static void ballot_open(enum balance_kind kind, size_t count, const unsigned *weights)
{
    ballot_take(ballot_roster(kind, 0, count, weights));
}

static int ballot_close(void **state)
{
    (void)state;
    if (ballot.roster != NULL)
        roster_unref(ballot.roster);
    free(ballot.state);
    ballot.roster = NULL;
    ballot.state = NULL;
    return 0;
}

/* The key'th request. */
static size_t ballot_pick(uint64_t key)
{
    char name[24];
    int length = snprintf(name, sizeof name, "key-%llu", (unsigned long long)key);
    ballot.choice.hash = text_hash((struct text){name, (size_t)length}, 0);
    size_t picked = ballot.roster->balancer->pick(ballot.state, &ballot.choice);
    if (picked != CHOICE_NONE)
        ballot.picks[picked]++;
    return picked;
}

static void ballot_picks(unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        assert_true(ballot_pick(i) < ballot.roster->count);
}

/* Picks so far are within percent of what is wanted. */
static inline void assert_picks(size_t index, double wanted, double percent)
{
    double off = ((double)ballot.picks[index] / wanted - 1) * 100;
    if (off < -percent || off > percent)
        fail_msg("member %zu: %u picks for %.1f", index, ballot.picks[index], wanted);
}

static inline struct endpoint *ballot_endpoint(size_t index)
{
    return ballot.roster->members[index].endpoint;
}

#endif
