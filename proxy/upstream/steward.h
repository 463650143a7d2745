/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stewards look after clusters, one each, on the control thread: a steward composes the roster out of what the config
 * says, what discovery finds and what the operator changed, puts it in force, and has the endpoints probed.
 *
 * One rule for what the operator set, be it a weight, a standing, another endpoint or the removal of one: it goes before
 * config and discovery, also over reloads, until it is taken back, the cluster leaves the config, or the process ends.
 */
#ifndef UPSTREAM_STEWARD_H
#define UPSTREAM_STEWARD_H

#include "upstream/cluster.h"
#include "upstream/connector.h"
#include "upstream/discovery.h"
#include "upstream/wishes.h"

struct stewards {
    struct loop *loop;
    const struct dialer *dialer;  /* of probes */
    struct directory directory;   /* of discovery */
    struct list all;              /* by steward.node */
    void (*changed)(void *owner); /* rosters have: the loops are to be told; set by the owner */
    void *owner;
};

/* The resolver must outlive them. */
void stewards_init(struct stewards *stewards, struct loop *loop, struct resolver *resolver);

/* Names are looked up by another resolver from now on: all of them at once. */
void stewards_resolve(struct stewards *stewards, struct resolver *resolver);

/* These clusters, with these settings, are in force from now on: their rosters are installed before it returns, without a
 * word to changed. The settings must live until the next call has returned. What has no memory goes on as it was, and
 * says so in the log. */
void stewards_follow(struct stewards *stewards, struct cluster **clusters,
                     const struct cluster_settings *settings, size_t count);

/* Ends them all. */
void stewards_clear(struct stewards *stewards);

/* What an operator wants of an endpoint. */
struct endpoint_wish {
    struct text name; /* as address_read takes it */
    bool has_weight;
    bool forgets_weight; /* what config or discovery say counts again */
    unsigned weight;
    bool has_standing;
    unsigned standing; /* 0, ENDPOINT_DRAIN or ENDPOINT_DOWN */
};

enum wish_outcome {
    WISH_DONE,
    WISH_ADDED,
    WISH_NO_CLUSTER,
    WISH_NO_ENDPOINT,
    WISH_BAD_ADDRESS,
    WISH_NO_MEMORY
};

/* What the operator set of the cluster's endpoints; NULL: nobody looks after it. Good until the next call of one of these. */
const struct wishes *stewards_wishes(const struct cluster *cluster);

/* Changes an endpoint, or adds it, also when it was removed. Each change is told in the log. */
enum wish_outcome stewards_put(struct stewards *stewards, struct text cluster,
                               const struct endpoint_wish *wanted);
/* How the endpoint of wish->name is now: fills weight and standing (of the operator). False when there is none. */
bool stewards_get(struct stewards *stewards, struct text cluster, struct endpoint_wish *wish);

/* Leaves it out, and forgets what was set of it. */
enum wish_outcome stewards_remove(struct stewards *stewards, struct text cluster, struct text endpoint);

#endif
