/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A retry budget keeps retries a share of the requests, so that backends that fail are not buried under repetitions: each
 * request pays in a part of a retry, each retry takes a whole one out. A small reserve, which time refills, lets single
 * failures be repeated where there is little traffic. One for each upstream and loop.
 */
#ifndef UPSTREAM_BUDGET_H
#define UPSTREAM_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BUDGET_RESERVE = 16, /* retries that it begins with */
    BUDGET_MOST = 128    /* retries that it can save up */
};

struct budget {
    uint64_t hundredths; /* of a retry */
    uint64_t refilled;   /* ms, loop->now */
};

void budget_init(struct budget *budget, uint64_t now);

/* A request that allows so many percent of retries. */
void budget_pay(struct budget *budget, unsigned percent);

/* Takes a retry out, if there is one. The reserve grows by one a second. */
bool budget_take(struct budget *budget, uint64_t now);

#endif
