/* SPDX-License-Identifier: Apache-2.0 */
/* Telling UTF-8 (RFC 3629) from other bytes, for those who write what clients sent into logs and JSON. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/text.h"

/* The length of the character at the front of t, 1 to 4 bytes; 0 when t is empty or doesn't begin with
 * one. Overlong forms, surrogates and what lies beyond U+10FFFF are none. */
size_t utf8_length(struct text t);

/* True when the character of this length at the front of t is a control: C0, DEL or C1. */
bool utf8_is_control(struct text t, size_t len);

#endif
