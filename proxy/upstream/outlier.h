/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outliers: endpoints whose answers fail are ejected for a while, as long as enough others are left. What counts as a
 * failure is for whoever sees the answers to say. Nothing runs in the background: an ejection ends by itself.
 */
#ifndef UPSTREAM_OUTLIER_H
#define UPSTREAM_OUTLIER_H

#include "upstream/cluster.h"

/* An answer of one of its endpoints was good or failed, at now (ms, loop->now). True when the endpoint was ejected by it.
 * Any thread; takes the cluster's lock only for a failure that may eject. */
bool outlier_note(struct cluster *cluster, const struct outlier_settings *settings, struct endpoint *endpoint,
                  bool failed, uint64_t now);

/* True for the first good answer, at now, after an ejection that is over. Any thread. */
bool outlier_returned(struct endpoint *endpoint, uint64_t now);

#endif
