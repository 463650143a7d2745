/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets ${NAME} stand unquoted within [] and {}, where YAML would take its braces for a map: before YAML is read
 * they are exchanged for characters of the private use area, one for one so that columns stay, and put back in
 * every text that comes out.
 */
#ifndef CONF_GUARD_H
#define CONF_GUARD_H

#include "base/arena.h"

/* The text with every ${NAME} and ${NAME:-default} guarded; the same text when it has none, or when it uses those
 * characters itself. .at is NULL when out of memory. */
struct text guard_put(struct text yaml, struct arena *arena);

/* Takes the guards off, in place: the text's memory must be the caller's own. The NUL behind it moves along. */
void guard_remove(struct text *text);

#endif
