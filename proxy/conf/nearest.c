/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/nearest.h"

#define WORD_MAX 64

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance, row by row: a swap looks two rows back. */
unsigned nearest_distance(struct text a, struct text b)
{
    unsigned rows[3][WORD_MAX + 1];
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            char here = ascii_lower(a.at[i - 1]), there = ascii_lower(b.at[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (here != there));
            if (i > 1 && j > 1 && here == ascii_lower(b.at[j - 2]) && ascii_lower(a.at[i - 2]) == there)
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

/* A third of the word may be wrong; one letter of a short one. */
static unsigned tolerance(struct text wanted)
{
    return wanted.len <= 3 ? 1 : (unsigned)(wanted.len / 3 + (wanted.len % 3 != 0));
}

void nearest_offer(struct nearest *nearest, struct text candidate)
{
    if (candidate.len > WORD_MAX || nearest->wanted.len > WORD_MAX)
        return;
    size_t gap = candidate.len > nearest->wanted.len ? candidate.len - nearest->wanted.len
                                                     : nearest->wanted.len - candidate.len;
    if (gap > tolerance(nearest->wanted))
        return;
    unsigned distance = nearest_distance(nearest->wanted, candidate);
    if (distance > tolerance(nearest->wanted) || (nearest->best.at != NULL && distance >= nearest->distance))
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}
