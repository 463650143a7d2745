/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where this program lies on disk, as it was called: after an upgrade the same path is the new binary, while
 * /proc/self/exe stays with the old one, deleted.
 */
#ifndef PROCESS_BINARY_H
#define PROCESS_BINARY_H

#include <limits.h>
#include <stdbool.h>

/* word is argv[0]. Symbolic links are kept, they may lead elsewhere later. Must be called before the binary can be replaced
 * and before the folder is changed. False when it can't be found out. */
bool binary_path(const char *word, char path[PATH_MAX]);

#endif
