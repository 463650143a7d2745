/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about upstreams. Plain data; texts live as long as the snapshot that holds them. */
#ifndef UPSTREAM_SETTINGS_H
#define UPSTREAM_SETTINGS_H

#include "base/text.h"
#include "net/address.h"

enum balance_kind { BALANCE_ROUND_ROBIN, BALANCE_LEAST_REQUESTS };

struct endpoint_settings {
    struct address address;
    struct text name; /* as written in the config: the label in metrics */
    unsigned weight;  /* 0 to 65535; 0 gets nothing */
};

/* interface.md, upstreams.NAME.pool; per worker. */
struct pool_settings {
    unsigned connections;             /* at most, per endpoint; 0: no limit */
    unsigned idle;                    /* kept idle at most, per endpoint */
    uint64_t idle_timeout;            /* ms */
    unsigned requests_per_connection; /* 0: no limit */
    unsigned pending;                 /* requests waiting for a connection at most, per upstream */
    uint64_t pending_timeout;         /* ms */
};

struct cluster_settings {
    struct text name;
    struct endpoint_settings *endpoints;
    size_t endpoint_count;
    enum balance_kind balance;
    struct pool_settings pool;
};

#endif
