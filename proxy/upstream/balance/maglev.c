/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maglev hashing (Eisenbud and others, NSDI 2016, section 3.4): a table that members fill in turns, each along a
 * permutation of its own, so that shares are nearly exact, a pick is one look, and few requests move when a member goes.
 * Members fill in the order of their ids, which are the same everywhere: so is the table, whatever the order in the config.
 */
#include <stdlib.h>

#include "upstream/balance/balancer.h"
#include "upstream/balance/dice.h"

/* A prime, more than a hundred times the members there usually are; beyond, shares get coarser. */
enum { SLOTS = 65537 };

/* How often a request is sent on when its member isn't allowed, before all are looked at. */
enum { HOPS = 16 };

#define NOBODY UINT32_MAX

/* One member while the table is filled. */
struct filler {
    uint64_t id;
    uint32_t index;
    uint32_t at;   /* its next wish */
    uint32_t skip; /* from wish to wish */
    double claim;  /* turns that it may still take; each round adds its part of the largest weight */
    double part;
};

static int compare(const void *a, const void *b)
{
    const struct filler *left = a;
    const struct filler *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

static unsigned largest_weight(const struct roster *roster)
{
    unsigned largest = 1;
    for (size_t i = 0; i < roster->count; i++)
        if (roster->members[i].weight > largest)
            largest = roster->members[i].weight;
    return largest;
}

static size_t make_fillers(const struct roster *roster, struct filler *fillers)
{
    size_t count = 0;
    double largest = largest_weight(roster);
    for (size_t i = 0; i < roster->count; i++) {
        uint64_t id = roster->members[i].endpoint->id;
        if (roster->members[i].weight != 0)
            fillers[count++] = (struct filler){.id = id,
                                               .index = (uint32_t)i,
                                               .at = (uint32_t)(dice_mix(id) % SLOTS),
                                               .skip = (uint32_t)(dice_mix(~id) % (SLOTS - 1)) + 1,
                                               .part = roster->members[i].weight / largest};
    }
    qsort(fillers, count, sizeof *fillers, compare);
    return count;
}

static void take_slot(struct filler *filler, uint32_t *table)
{
    while (table[filler->at] != NOBODY)
        filler->at = (filler->at + filler->skip) % SLOTS;
    table[filler->at] = filler->index;
}

static void fill(uint32_t *table, struct filler *fillers, size_t count)
{
    size_t filled = 0;
    while (count > 0 && filled < SLOTS) {
        for (size_t i = 0; i < count && filled < SLOTS; i++) {
            fillers[i].claim += fillers[i].part;
            if (fillers[i].claim < 1)
                continue;
            fillers[i].claim -= 1;
            take_slot(&fillers[i], table);
            filled++;
        }
    }
}

static bool plan(struct roster *roster)
{
    uint32_t *table = malloc(SLOTS * sizeof *table);
    struct filler *fillers = malloc((roster->count + 1) * sizeof *fillers);
    if (table != NULL && fillers != NULL) {
        for (size_t i = 0; i < SLOTS; i++)
            table[i] = NOBODY;
        fill(table, fillers, make_fillers(roster, fillers));
        roster->plan = table;
    } else {
        free(table);
    }
    free(fillers);
    return roster->plan != NULL;
}

static void forget(struct roster *roster)
{
    free(roster->plan);
}

static size_t state_size(const struct roster *roster)
{
    (void)roster;
    return 0;
}

/* Few are left: of all that are allowed the one that the request and the id together rank highest (rendezvous hashing),
 * which spreads as evenly and is the same everywhere, but asks about each. */
static size_t pick_highest(const struct choice *choice, uint64_t hash)
{
    size_t found = CHOICE_NONE;
    uint64_t highest = 0;
    for (size_t i = 0; i < choice->roster->count; i++) {
        uint64_t rank = dice_mix(hash ^ choice->roster->members[i].endpoint->id);
        if ((found != CHOICE_NONE && rank <= highest) || !choice->allows(choice, i))
            continue;
        found = i;
        highest = rank;
    }
    return found;
}

/* Each hop looks at another place of the table, so that the requests of a member that is out spread over all the others
 * instead of falling on one neighbour; and each request hops the same way every time. */
static size_t pick(void *state, const struct choice *choice)
{
    const uint32_t *table = choice->roster->plan;
    uint64_t hash = dice_mix(choice->hash);
    (void)state;
    for (int hop = 0; hop < HOPS; hop++) {
        uint32_t index = table[hash % SLOTS];
        if (index == NOBODY)
            return CHOICE_NONE;
        if (choice->allows(choice, index))
            return index;
        hash = dice_mix(hash + 0x9e3779b97f4a7c15u);
    }
    return pick_highest(choice, hash);
}

const struct balancer balancer_maglev = {
    .name = "maglev", .plan = plan, .forget = forget, .state_size = state_size, .pick = pick};
