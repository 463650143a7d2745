/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/balance/dice.h"

#include <sys/random.h>
#include <time.h>

void dice_init(struct dice *dice)
{
    if (getrandom(&dice->state, sizeof dice->state, GRND_NONBLOCK) != (ssize_t)sizeof dice->state)
        dice->state = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)dice;
}
