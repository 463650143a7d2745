/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the files that a config names: whole, bounded, regular ones only (a FIFO would block, a device
 * never end). */
#ifndef CONF_FILES_H
#define CONF_FILES_H

#include <sys/types.h>

#include "base/arena.h"

struct file_read {
    struct text text; /* in the arena */
    dev_t device;     /* together with inode: which file it was, whatever its name */
    ino_t inode;
};

/* Returns NULL, or a phrase for behind "can't be read: ". max in bytes. */
const char *file_read(const char *path, size_t max, struct arena *arena, struct file_read *file);

/* path as the file named base sees it: relative paths start in its folder. .at is NULL when out of memory. */
struct text file_beside(const char *base, struct text path, struct arena *arena);

#endif
