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

size_t draw_state_size(const struct roster *roster)
{
    (void)roster;
    return sizeof(struct dice);
}

void draw_start(void *state, const struct roster *roster, unsigned number)
{
    (void)roster;
    (void)number;
    dice_init(state);
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
static size_t draw_from_rest(struct dice *dice, const struct choice *choice, size_t except)
{
    uint64_t sum = 0;
    size_t found = CHOICE_NONE;
    for (size_t i = 0; i < choice->roster->count; i++) {
        if (i == except || !choice->allows(choice, i))
            continue;
        uint64_t weight = choice_weight(choice, i);
        sum += weight;
        if (dice_roll(dice, sum) < weight)
            found = i;
    }
    return found;
}

/* Of a weight that still grows, a part. */
static bool is_turned_down(struct dice *dice, const struct choice *choice, size_t index)
{
    uint64_t whole = (uint64_t)choice->roster->members[index].weight * 256;
    return choice->roster->settings.slow_start != 0 && dice_roll(dice, whole) >= choice_weight(choice, index);
}

size_t draw(struct dice *dice, const struct choice *choice, size_t except)
{
    const struct roster *roster = choice->roster;
    const uint64_t *sums = roster->plan;
    uint64_t sum = roster->count > 0 ? sums[roster->count - 1] : 0;
    for (int i = 0; i < MISSES && sum > 0; i++) {
        size_t index = search(sums, roster->count, dice_roll(dice, sum));
        if (index != except && choice->allows(choice, index) && !is_turned_down(dice, choice, index))
            return index;
    }
    return draw_from_rest(dice, choice, except);
}
