/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/balance/balancer.h"

static const struct balancer *const balancers[] = {
    [BALANCE_ROUND_ROBIN] = &balancer_round_robin, [BALANCE_LEAST_REQUESTS] = &balancer_least_requests,
    [BALANCE_LEAST_TIME] = &balancer_least_time,   [BALANCE_P2C] = &balancer_p2c,
    [BALANCE_RANDOM] = &balancer_random,           [BALANCE_RING_HASH] = &balancer_ring_hash,
    [BALANCE_MAGLEV] = &balancer_maglev,
};

const struct balancer *balancer_of(enum balance_kind kind)
{
    return balancers[kind];
}
