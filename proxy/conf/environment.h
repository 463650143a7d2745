/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME} and ${NAME:-default} in the scalars of a config. Reads the process's environment; changes
 * nothing. */
#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/tree.h"

/* Replaces what the scalar's text takes from the environment; problems are added at its place. "$${"
 * stands for a "${" that is meant as it is. False only when out of memory. */
bool environment_expand(struct tree *tree, struct node *scalar);

#endif
