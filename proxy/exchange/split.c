/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/split.h"

size_t split_choose(const struct split_settings *split, uint64_t random)
{
    uint64_t at = random % split->sum;
    size_t i = 0;
    for (; i + 1 < split->count && at >= split->shares[i].weight; i++)
        at -= split->shares[i].weight;
    return split->shares[i].cluster;
}
