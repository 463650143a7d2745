/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consistent hashing on a ring: each member has points on it, as many as its weight asks for, and a request goes to the
 * owner of the next point. When a member goes, only its requests move, to whoever has the points behind. Points come from
 * the ids of endpoints alone, so every replica has the same ring.
 */
#include <stdlib.h>

#include "upstream/balance/balancer.h"
#include "upstream/balance/dice.h"

/* Points for a weight of 1, as far as the whole ring stays below the most: 4 MiB. */
enum { POINTS_EACH = 160, POINTS_MOST = 1 << 18 };

/* After so many points that were no good it is worth asking everybody once, before a walk around the whole ring. */
enum { PATIENCE = 256 };

struct point {
    uint64_t at;
    size_t index;
};

struct ring {
    size_t count;
    struct point points[];
};

static int compare(const void *a, const void *b)
{
    const struct point *left = a;
    const struct point *right = b;
    return left->at < right->at ? -1 : left->at > right->at;
}

/* It depends on nobody's weight but the sum, and on that only in rings that are full: so when somebody goes, the points of
 * the others stay, or nearly. */
static double points_per_weight(const struct roster *roster)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < roster->count; i++)
        sum += roster->members[i].weight;
    double most = (double)POINTS_MOST / (double)(sum > 0 ? sum : 1);
    return most < POINTS_EACH ? most : POINTS_EACH;
}

/* At least one. */
static size_t points_of(const struct roster *roster, size_t index, double per_weight)
{
    double points = roster->members[index].weight * per_weight;
    return roster->members[index].weight == 0 ? 0 : points < 1 ? 1 : (size_t)(points + 0.5);
}

static bool plan(struct roster *roster)
{
    double per_weight = points_per_weight(roster);
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++)
        count += points_of(roster, i, per_weight);
    struct ring *ring = malloc(sizeof *ring + count * sizeof(struct point));
    if (ring == NULL)
        return false;
    ring->count = 0;
    for (size_t i = 0; i < roster->count; i++)
        for (size_t k = points_of(roster, i, per_weight); k > 0; k--)
            ring->points[ring->count++] =
                (struct point){dice_mix(roster->members[i].endpoint->id + k * 0x9e3779b97f4a7c15u), i};
    qsort(ring->points, ring->count, sizeof(struct point), compare);
    roster->plan = ring;
    return true;
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

/* The first point at or behind the hash. */
static size_t search(const struct ring *ring, uint64_t hash)
{
    size_t low = 0;
    for (size_t count = ring->count; count > 0;) {
        size_t half = count / 2;
        if (ring->points[low + half].at >= hash) {
            count = half;
        } else {
            low += half + 1;
            count -= half + 1;
        }
    }
    return low < ring->count ? low : 0;
}

static bool has_any(const struct choice *choice)
{
    for (size_t i = 0; i < choice->roster->count; i++)
        if (choice->allows(choice, i))
            return true;
    return false;
}

static size_t walk(const struct ring *ring, const struct choice *choice, size_t at)
{
    size_t refused = CHOICE_NONE; /* neighbouring points are often one member's: don't ask again */
    for (size_t i = 0; i < ring->count; i++) {
        size_t index = ring->points[at + i < ring->count ? at + i : at + i - ring->count].index;
        if (i == PATIENCE && !has_any(choice))
            return CHOICE_NONE;
        if (index == refused)
            continue;
        if (choice->allows(choice, index))
            return index;
        refused = index;
    }
    return CHOICE_NONE;
}

static size_t pick(void *state, const struct choice *choice)
{
    const struct ring *ring = choice->roster->plan;
    (void)state;
    return walk(ring, choice, search(ring, dice_mix(choice->hash)));
}

const struct balancer balancer_ring_hash = {
    .name = "ring_hash", .plan = plan, .forget = forget, .state_size = state_size, .pick = pick};
