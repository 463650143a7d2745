/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which certificates a server name gets (RFC 6066 section 3): the exact name first, then *.suffix for one label, else the
 * default. A table that is filled once and then only read.
 */
#ifndef TLS_SNI_H
#define TLS_SNI_H

#include "base/map.h"
#include "base/text.h"

enum { SNI_NAME_MAX = 253 };

/* In a table, so that texts can be compared; the value is the caller's. */
void *sni_find(const struct map *names, struct text server_name);

#endif
