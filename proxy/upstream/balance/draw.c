/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/balance/draw.h"

#include <stdlib.h>

enum { MISSES = 8 };

bool draw_plan(struct roster *roster)
{
    uint64_t *sums = malloc((roster->count + 1) * sizeof *sums);
    uint64_t sum = 0;
    if (sums == NULL)
        return false;
    for (size_t i = 0; i < roster->count; i++)
        sums[i] = sum += roster->members[i].weight;
    roster->plan = sums;
    return true;
}

void draw_forget(struct roster *roster)
{
    free(roster->plan);
}

/* The first whose sum is above the mark. */
static size_t search(const uint64_t *sums, size_t count, uint64_t mark)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (sums[low + half] > mark) {
            count = half;
        } else {
            low += half + 1;
            count -= half + 1;
        }
    }
    return low;
}

/* One by one, with a single draw among those that are allowed. */
static size_t draw_from_rest(struct dice *dice, const struct choice *choice, size_t not)
{
    uint64_t sum = 0;
    size_t found = CHOICE_NONE;
    for (size_t i = 0; i < choice->roster->count; i++) {
        if (i == not|| !choice->allows(choice, i))
            continue;
        uint64_t weight = choice->roster->members[i].weight;
        sum += weight;
        if (dice_roll(dice, sum) < weight)
            found = i;
    }
    return found;
}

size_t draw(struct dice *dice, const struct choice *choice, size_t not)
{
    const struct roster *roster = choice->roster;
    const uint64_t *sums = roster->plan;
    uint64_t sum = roster->count > 0 ? sums[roster->count - 1] : 0;
    for (int i = 0; i < MISSES && sum > 0; i++) {
        size_t index = search(sums, roster->count, dice_roll(dice, sum));
        if (index != not&&choice->allows(choice, index))
            return index;
    }
    return draw_from_rest(dice, choice, not);
}
