/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at PEM files before anything depends on them. Keeps nothing; never asks for a passphrase. */
#ifndef CONF_CERTIFICATE_H
#define CONF_CERTIFICATE_H

#include "base/text.h"

enum certificate_state { CERTIFICATE_FINE, CERTIFICATE_EXPIRED, CERTIFICATE_WRONG };

/* The first certificate of a PEM text, and the key if there is one (.at not NULL). *sentence says what is
 * wrong. */
enum certificate_state certificate_check(struct text cert, struct text key, const char **sentence);

#endif
