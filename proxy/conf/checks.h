/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only shows when parts of a config are seen together: names given twice or never used, addresses bound
 * twice, routes that can never be reached, an admin API open to everybody, certificates that don't fit their
 * keys, logs in folders that aren't there.
 */
#ifndef CONF_CHECKS_H
#define CONF_CHECKS_H

#include "conf/build.h"

/* Collects the names that can be referred to, before validate; tells those given twice. False when out of
 * memory. */
bool checks_collect(struct validation *validation, const struct node *root, struct arena *arena);

/* Everything else, behind validate and build_config. The arena is for scratch. */
void checks_run(struct build *build, const struct node *root, struct arena *arena);

/* The parts. */
void checks_addresses(struct build *build, struct section root, struct arena *arena);
void checks_matches(struct build *build, struct section root, struct arena *arena);
void checks_certificates(struct build *build, struct section root);
void checks_doubts(struct build *build, struct section root, struct arena *arena);
void checks_logs(struct build *build, struct section root, struct arena *arena);

#endif
