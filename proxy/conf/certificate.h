/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at PEM files before anything depends on them. Keeps nothing; never asks for a passphrase. */
#ifndef CONF_CERTIFICATE_H
#define CONF_CERTIFICATE_H

#include "base/text.h"

enum certificate_state { CERTIFICATE_FINE, CERTIFICATE_DATED, CERTIFICATE_WRONG };

enum { CERTIFICATE_WHY_MAX = 128 }; /* bytes of a sentence about what is wrong */

/* The first certificate of a PEM text, and the key if there is one (.at not NULL). DATED: it has expired, ends soon, or is
 * not valid yet. What is wrong is a sentence in why[CERTIFICATE_WHY_MAX]. */
enum certificate_state certificate_check(struct text cert, struct text key, char *why);

#endif
