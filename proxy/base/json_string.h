/* SPDX-License-Identifier: Apache-2.0 */
/* The part of json_read.h that reads strings and numbers. */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include "base/arena.h"

/* Takes the string, whose opening quote is at the front of *rest, off with both quotes. *out is the decoded text.
 * Returns NULL, or a phrase that says what is wrong. */
const char *json_take_string(struct arena *arena, struct text *rest, struct text *out);

/* Takes the number at the front off; its text points into *rest. False when there is none. */
bool json_take_number(struct text *rest, struct text *out);

#endif
