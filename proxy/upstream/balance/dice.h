/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-random numbers for balancers (splitmix64): quick, one state for each loop, nothing secret depends on them. */
#ifndef UPSTREAM_BALANCE_DICE_H
#define UPSTREAM_BALANCE_DICE_H

#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* From the kernel's, so that loops differ. */
void dice_init(struct dice *dice);

/* The next number of a sequence, or a hash of one number with good mixing (the finaliser alone). */
static inline uint64_t dice_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t dice_next(struct dice *dice)
{
    return dice_mix(dice->state += 0x9e3779b97f4a7c15u);
}

/* 0 to sides - 1. The bias is below sides / 2^64. */
static inline uint64_t dice_roll(struct dice *dice, uint64_t sides)
{
    return dice_next(dice) % sides;
}

#endif
