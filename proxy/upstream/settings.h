/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about upstreams. Plain data; texts live as long as the snapshot or roster that holds them. */
#ifndef UPSTREAM_SETTINGS_H
#define UPSTREAM_SETTINGS_H

#include "base/text.h"
#include "net/address.h"
#include "tls/keyring.h"
#include "upstream/discovery.h"

enum balance_kind {
    BALANCE_ROUND_ROBIN,
    BALANCE_LEAST_REQUESTS,
    BALANCE_LEAST_TIME,
    BALANCE_P2C,
    BALANCE_RANDOM,
    BALANCE_RING_HASH,
    BALANCE_MAGLEV
};

enum upstream_protocol { PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_AUTO };

/* What a request is pinned by. */
enum hash_source { HASH_CLIENT_IP, HASH_HOST, HASH_PATH, HASH_HEADER, HASH_COOKIE };

struct endpoint_settings {
    struct address address;
    struct text name; /* as written in the config: the label in metrics */
    unsigned weight;  /* 0 to 65535; 0 gets nothing */
    bool backup;      /* used when no other is fit */
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

struct status_range {
    uint16_t first, last;
};

enum probe_kind { PROBE_NONE, PROBE_HTTP, PROBE_TCP, PROBE_GRPC };

struct probe_settings {
    enum probe_kind kind;
    struct text path;   /* PROBE_HTTP */
    struct text host;   /* PROBE_HTTP: the Host to ask for; empty: the endpoint's name */
    uint64_t interval;  /* ms */
    uint64_t timeout;   /* ms */
    unsigned healthy;   /* good answers in a row until it is fit again */
    unsigned unhealthy; /* bad ones in a row until it isn't */
    struct status_range *expect;
    size_t expect_count;
};

struct outlier_settings {
    unsigned failures;    /* in a row, within window; 0: nothing is ejected */
    uint64_t window;      /* ms */
    uint64_t eject;       /* ms */
    unsigned max_ejected; /* percent of the endpoints */
};

struct sticky_settings {
    struct text cookie; /* its name; empty: none */
    uint64_t ttl;       /* ms */
};

struct cluster_settings {
    struct text name;
    struct endpoint_settings *endpoints;
    size_t endpoint_count;
    struct discovery_settings discovery; /* name.len 0: none */
    enum upstream_protocol protocol;     /* AUTO: what TLS agrees on */
    struct keyring *tls;                 /* a reference of whoever holds the settings; NULL: plain */
    enum balance_kind balance;
    struct {
        enum hash_source source;
        struct text name; /* of the header or cookie */
    } hash_on;
    struct sticky_settings sticky;
    struct pool_settings pool;
    struct probe_settings probe;
    struct outlier_settings outlier;
    uint64_t slow_start;   /* ms in which the share of an endpoint that came back grows; 0: at once */
    unsigned max_requests; /* at once, over all workers; 0: no limit */
};

#endif
