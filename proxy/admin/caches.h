/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches as JSON, and purging them:
 *
 * {"name":"main","bytes":1000,"objects":3,"evicted":0,"requests":{"hit":5,...},"hit_ratio":0.625}
 *
 * hit_ratio is what was answered without a backend, of what was looked at.
 */
#ifndef ADMIN_CACHES_H
#define ADMIN_CACHES_H

#include "admin/resource.h"

/* {"caches":[...]}, in the order of the config. */
struct stream *show_caches(const struct ask *ask);

/* One of {"url":"..."}, {"prefix":"..."}, {"tag":"..."}, {"all":true}; with "soft":true they only become stale. Answers
 * {"purged":N}. */
struct stream *order_purge(const struct ask *ask);

#endif
