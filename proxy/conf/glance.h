/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the admin API needs of a config that may have problems, as one that is about to be refused has. */
#ifndef CONF_GLANCE_H
#define CONF_GLANCE_H

#include "base/arena.h"
#include "net/address.h"

struct glance {
    struct address listen; /* of the admin API; len 0: it is off */
    struct text token;     /* NUL-terminated; in the arena */
};

/* Reads what can be read of the file; the rest has its defaults. Blocks on files. */
struct glance glance_at(const char *path, struct arena *arena);

#endif
