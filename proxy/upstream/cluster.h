/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster is an upstream of the config, known process-wide by its name for as long as a snapshot has it: what is learnt
 * about it outlives reloads. It holds the roster in force. Counted references.
 */
#ifndef UPSTREAM_CLUSTER_H
#define UPSTREAM_CLUSTER_H

#include <pthread.h>

#include "upstream/roster.h"

struct steward;

struct cluster {
    uint32_t magic;
    unsigned refs;           /* under the registry's lock */
    struct text name;        /* owned */
    _Atomic uint32_t active; /* requests under way in all workers, while max_requests is set; relaxed */
    counter_t retries;
    pthread_mutex_t lock;    /* of roster; and of deciding who is ejected */
    struct roster *roster;   /* a reference; never NULL */
    struct list_node node;   /* in the registry */
    struct steward *steward; /* who looks after it (steward.h); NULL: nobody. Control thread */
};

#define CLUSTER_MAGIC 0x636c7573u

/* The one of the settings' name, made when it is new: with a roster of these settings then. An older one keeps its roster
 * until cluster_install. One reference, the caller's; NULL when out of memory. Control thread. */
struct cluster *cluster_open(const struct cluster_settings *settings);
void cluster_ref(struct cluster *cluster);

/* NULL is fine. Any thread. */
void cluster_unref(struct cluster *cluster);

/* Puts a roster in force, taking over the caller's reference. Loops go on with the one they have until they are told
 * (upstream_refresh). */
void cluster_install(struct cluster *cluster, struct roster *roster);

/* The roster in force: a reference, the caller's. Any thread, takes a lock. */
struct roster *cluster_roster(struct cluster *cluster);

#endif
