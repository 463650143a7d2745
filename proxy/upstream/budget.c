/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/budget.h"

enum { WHOLE = 100, REFILL_MS = 1000 };

void budget_init(struct budget *budget, uint64_t now)
{
    *budget = (struct budget){.hundredths = BUDGET_RESERVE * WHOLE, .refilled = now};
}

void budget_pay(struct budget *budget, unsigned percent)
{
    if (budget->hundredths < BUDGET_MOST * WHOLE)
        budget->hundredths += percent;
}

static void refill(struct budget *budget, uint64_t now)
{
    uint64_t grown = (now - budget->refilled) / REFILL_MS;
    budget->refilled += grown * REFILL_MS;
    uint64_t missing = BUDGET_RESERVE * WHOLE;
    if (budget->hundredths >= missing)
        return;
    missing -= budget->hundredths;
    budget->hundredths += grown * WHOLE < missing ? grown * WHOLE : missing;
}

bool budget_take(struct budget *budget, uint64_t now)
{
    refill(budget, now);
    if (budget->hundredths < WHOLE)
        return false;
    budget->hundredths -= WHOLE;
    return true;
}
