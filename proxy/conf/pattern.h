/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of file names as include takes them: glob(7). */
#ifndef CONF_PATTERN_H
#define CONF_PATTERN_H

#include "conf/file_list.h"

bool pattern_has_wildcard(struct text pattern);

/* Adds what must be watched to know when the pattern has other matches: the folders that it leads to, and those where new
 * ones of them would appear; the file, when it is no pattern. The arena is for scratch; seen may be NULL. */
void pattern_see(struct text pattern, struct arena *arena, struct file_list *seen);

#endif
