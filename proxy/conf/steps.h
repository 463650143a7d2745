/* SPDX-License-Identifier: Apache-2.0 */
/* The way from the root of a config to a value, for messages: listeners[0].tls. On the stack of whoever
 * walks. */
#ifndef CONF_STEPS_H
#define CONF_STEPS_H

#include "base/text.h"

#define STEPS_TEXT_MAX 200

struct step {
    const struct step *above; /* NULL: this one is the root */
    struct text key;          /* .at NULL: an index */
    size_t index;
};

/* Writes it with ": " behind it, cut when it is too long; empty for the root. Returns buffer. */
const char *steps_write(const struct step *step, char buffer[STEPS_TEXT_MAX]);

#endif
