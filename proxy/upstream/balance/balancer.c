/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/balance/balancer.h"

static const struct balancer *const balancers[] = {
    [BALANCE_ROUND_ROBIN] = &balancer_round_robin,
    [BALANCE_LEAST_REQUESTS] = &balancer_least_requests,
};

const struct balancer *balancer_of(enum balance_kind kind)
{
    return balancers[kind];
}
