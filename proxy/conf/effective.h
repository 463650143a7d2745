/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config as the admin API shows it: JSON, with the defaults that count where nothing is said, and with "***" in place
 * of secrets (those of the schema, and those of secret.h). And a hash of it, in which the secrets count as they are: the
 * same content gives the same hash, however it is written in YAML; a changed secret another one.
 */
#ifndef CONF_EFFECTIVE_H
#define CONF_EFFECTIVE_H

#include "conf/config.h"
#include "conf/tree.h"

/* JSON beyond this is not kept: null stands in its place. The hash is that of the whole. */
#define EFFECTIVE_MAX ((size_t)32 << 20)

/* Fills config->effective from a tree without problems. False when out of memory. */
bool effective_make(struct config *config, const struct node *root);

#endif
